"""Loop bodies run on delays in place of values, for the estimate of `recurrences.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hwgen.verify import recurrences as delays
from hwgen.verify.constants import (
    LIBRARY,
    Names,
    Scope,
    Type,
    arrays,
    bits,
    bound,
    definitions,
    parameter_names,
    sizes,
    template_parameters,
)
from hwgen.verify.cpp import LOOPS, Source, declarator, function_declarator, function_name, text_of, walk
from hwgen.verify.cpp import field as field_of
from hwgen.verify.pragmas import pragmas_of
from hwgen.verify.recurrences import Frame, Recurrence, Signal

if TYPE_CHECKING:
    from tree_sitter import Node

TURNS = 3
"""Turns of an unrolled loop that are run; the others are as the last of these."""
DEPTH = 24
"""Calls in calls that are looked into."""


def recurrences_of(source: Source, names: Names) -> list[Recurrence]:
    """The longest path of every pipelined loop of every process outside of the library."""
    run = _Run(source, names)
    for function in walk(source.root, "function_definition"):
        body = field_of(function, "body")
        if body is not None and not source.found(function, "").file.startswith(LIBRARY):
            run.function = function_name(function)
            outer = names.scope_of(function)
            scope = Scope(outer, nodes=definitions(body), arrays=arrays(body))
            run.statement(body, Frame(scope))
    return run.found


class _Run:
    """Runs the functions of a source, and keeps the path of each pipelined loop that it meets."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source, self.names = source, names
        self.function = ""
        self.found: list[Recurrence] = []
        self.pipelined = {
            each.scopes[-1].start_byte for each in pragmas_of(source) if each.name == "pipeline" and each.scopes
        }

    # Statements: each says whether it certainly returns.

    def statement(self, node: Node, frame: Frame) -> bool:
        if node.type == "compound_statement":
            frame.scope.nodes |= definitions(node)
            return any(self.statement(child, frame) for child in node.named_children)
        if node.type == "labeled_statement":
            return self.statement(node.named_children[-1], frame)
        if node.type == "declaration":
            self.declare(node, frame)
        elif node.type in LOOPS:
            self.loop(node, frame)
        elif node.type == "if_statement":
            return self.branch(node, frame)
        elif node.type == "return_statement":
            value = self.value(node.named_children[0], frame) if node.named_children else Signal()
            frame.returns.append(delays.selected(delays.joined(frame.conditions), value) if frame.conditions else value)
            return True
        elif node.type == "expression_statement" and node.named_children:
            self.value(node.named_children[0], frame)
        return False

    def declare(self, node: Node, frame: Frame) -> None:
        kind = self.names.evaluate(field_of(node, "type"), frame.scope)
        for each in node.children_by_field_name("declarator"):
            name, given = text_of(declarator(each)), field_of(each, "value")
            if name in frame.scope.nodes:
                continue
            value = self.value(given, frame) if given is not None else Signal()
            auto = text_of(field_of(node, "type")) == "auto"
            width = bits(kind) or (value.bits if auto else 32)
            if any(text_of(child) == "const" for child in node.children):  # no value will have more bits
                width = min(width, value.bits)
            for element in [key for key in frame.variables if key.startswith(f"{name}[")]:
                del frame.variables[element]
            frame.variables[name] = replace(value, bits=width)
            frame.locals.add(name)
            if isinstance(kind, Type):
                frame.types[name] = kind

    def branch(self, node: Node, frame: Frame) -> bool:
        chooser = self.value(field_of(node, "condition"), frame)
        yes, no = field_of(node, "consequence"), field_of(node, "alternative")
        no = no.named_children[-1] if no is not None and no.type == "else_clause" else no
        if chooser.constant is not None:
            taken = yes if chooser.constant else no
            return self.statement(taken, frame) if taken is not None else False
        frame.conditions.append(chooser)
        before, ends, left = dict(frame.variables), [], []
        for each in (yes, no):
            frame.variables = dict(before)
            ends.append(each is not None and self.statement(each, frame))
            left.append(frame.variables)
        frame.conditions.pop()
        frame.variables = delays.merged(chooser, left[0], left[1])
        return all(ends)

    def loop(self, node: Node, frame: Frame) -> None:
        body = field_of(node, "body")
        start = field_of(node, "initializer")
        if body is None:
            return
        if body.start_byte in self.pipelined:
            self.recurrence(node, body, frame)
            return
        if start is not None and start.type == "declaration":
            self.declare(start, frame)
        first = (
            next((text_of(declarator(each)) for each in start.children_by_field_name("declarator")), "")
            if start
            else ""
        )
        begin, turns = frame.variables.get(first, Signal()).constant or 0, self.turns(node, first, frame)
        before = dict(frame.variables)
        for turn in range(min(turns, TURNS)):
            before = dict(frame.variables)
            frame.variables[first] = Signal(32, {}, begin + turn)
            self.statement(body, frame)
        for name, signal in frame.variables.items():
            frame.variables[name] = delays.grown(before.get(name, signal), signal, max(0, turns - TURNS))

    def turns(self, node: Node, index: str, frame: Frame) -> int:
        """How often an unrolled loop turns; twice where its bound is not understood."""
        condition = field_of(node, "condition")
        if text_of(field_of(condition, "left")) != index:
            return 2
        end = self.value(field_of(condition, "right"), frame).constant
        begin = frame.variables.get(index, Signal()).constant or 0
        return max(0, end - begin) if end is not None else 2

    def recurrence(self, node: Node, body: Node, frame: Frame) -> None:
        """Run a pipelined loop's body once, from variables at 0 ns."""
        start = field_of(node, "initializer")
        if start is not None and start.type == "declaration":
            self.declare(start, frame)
        carried = sorted(frame.locals)
        frame.variables = {key: value for key, value in frame.variables.items() if "[" not in key}
        for name in carried:
            frame.variables[name] = Signal(frame.variables.get(name, Signal()).bits, {name: 0.0})
        self.statement(body, frame)
        update, condition = field_of(node, "update"), field_of(node, "condition")
        if update is not None:
            self.value(update, frame)
        ends: dict[str, Signal] = {}
        for name in carried:
            kept = [value for key, value in frame.variables.items() if key == name or key.startswith(f"{name}[")]
            changed = [value for value in kept if dict(value.paths) != {name: 0.0}]
            ends |= {name: delays.joined(changed)} if changed else {}
        if node.type == "while_statement" and condition is not None:
            ends[text_of(condition)] = self.value(condition, frame)
            ends = {name: replace(each, paths={**each.paths, text_of(condition): 0.0}) for name, each in ends.items()}
        ns, variable = delays.longest(ends)
        above = node.parent
        label = text_of(field_of(above, "label")) if above is not None and above.type == "labeled_statement" else ""
        where = self.source.found(node, "")
        self.found.append(Recurrence(where.file, where.line, self.function, label, round(ns, 2), variable))

    # Expressions.

    def value(self, node: Node | None, frame: Frame) -> Signal:
        if node is None:
            return Signal()
        if node.type == "identifier" and text_of(node) in frame.variables:
            return frame.variables[text_of(node)]
        known = delays.constant(self.names.evaluate(node, frame.scope))
        if known is not None:
            return known
        if node.type in ("identifier", "qualified_identifier"):
            return frame.this
        apply = _EXPRESSIONS.get(node.type)
        if apply is not None:
            return apply(self, node, frame)
        inner = [self.value(each, frame) for each in node.named_children]
        return inner[0] if len(inner) == 1 else delays.joined(inner)

    def unary(self, node: Node, frame: Frame) -> Signal:
        inner = self.value(field_of(node, "argument"), frame)
        return delays.added(inner) if text_of(node).startswith("-") else replace(inner, constant=None)

    def update(self, node: Node, frame: Frame) -> Signal:
        target = field_of(node, "argument")
        old = self.value(target, frame)
        self.assign(target, delays.added(old), frame)
        return self.value(target, frame) if text_of(node)[0] in "+-" else old

    def call(self, node: Node, frame: Frame) -> Signal:
        return _Call(self, node, frame).value()

    def member(self, node: Node, frame: Frame) -> Signal:
        return self.value(field_of(node, "argument"), frame)

    def binary(self, node: Node, frame: Frame) -> Signal:
        sign = text_of(field_of(node, "operator"))
        left = self.value(field_of(node, "left"), frame)
        if sign in ("&&", "||"):
            if left.constant is not None:
                decides = bool(left.constant) == (sign == "||")
                return left if decides else self.value(field_of(node, "right"), frame)
            before = dict(frame.variables)
            right = self.value(field_of(node, "right"), frame)
            frame.variables = delays.merged(left, before, frame.variables)
            if right.constant is not None:
                return right if bool(right.constant) == (sign == "||") else left
            return delays.operated(sign, left, right)
        right = self.value(field_of(node, "right"), frame)
        return self.operated(sign, left, right)

    def operated(self, sign: str, left: Signal, right: Signal) -> Signal:
        if left.constant is not None and right.constant is not None:
            value = self.names.computed(sign, left.constant, right.constant)
            return delays.constant(value) or Signal()
        return delays.operated(sign, left, right)

    def conditional(self, node: Node, frame: Frame) -> Signal:
        chooser = self.value(field_of(node, "condition"), frame)
        yes, no = field_of(node, "consequence"), field_of(node, "alternative")
        if chooser.constant is not None:
            return self.value(yes if chooser.constant else no, frame)
        return delays.selected(chooser, self.value(yes, frame), self.value(no, frame))

    def assignment(self, node: Node, frame: Frame) -> Signal:
        target, sign = field_of(node, "left"), text_of(field_of(node, "operator"))
        value = self.value(field_of(node, "right"), frame)
        if sign != "=":
            value = replace(self.operated(sign[:-1], self.value(target, frame), value), gates=sign in ("|=", "^="))
        self.assign(target, value, frame)
        return value

    def key(self, node: Node | None, frame: Frame) -> tuple[str, str, Signal]:
        """The variable of a subscript, the key of its element, and all indices as one."""
        indices: list[Signal] = []
        while node is not None and node.type == "subscript_expression":
            listed = field_of(node, "indices")
            indices += [self.value(each, frame) for each in (listed.named_children if listed is not None else [])]
            node = field_of(node, "argument")
        while node is not None and node.type == "field_expression":
            node = field_of(node, "argument")
        name, fixed = text_of(node), all(each.constant is not None for each in indices)
        element = name + "".join(f"[{each.constant}]" for each in reversed(indices)) if fixed else name
        return name, element, replace(delays.joined(indices), constant=0 if fixed else None)

    def element(self, node: Node, frame: Frame) -> Signal:
        name, element, index = self.key(node, frame)
        whole = frame.variables.get(name, frame.this)
        if element in frame.variables and element != name:
            return frame.variables[element]
        others = [
            value for key, value in frame.variables.items() if index.constant is None and key.startswith(f"{name}[")
        ]
        return delays.read_at(delays.joined((whole, *others), bits=whole.bits), index)

    def assign(self, target: Node | None, value: Signal, frame: Frame) -> None:
        while target is not None and target.type in ("parenthesized_expression", "pointer_expression"):
            target = target.named_children[0]
        name, element, index = self.key(target, frame)
        held = frame.variables.get(name)
        if target is not None and (target.type == "field_expression" or index.constant is None):
            value = delays.joined((value, index, *([held] if held is not None else [])))
        frame.variables[element] = replace(value, bits=held.bits if held is not None else value.bits, constant=None)


_EXPRESSIONS: dict[str, Callable[[_Run, Node, Frame], Signal]] = {
    "binary_expression": _Run.binary,
    "unary_expression": _Run.unary,
    "update_expression": _Run.update,
    "assignment_expression": _Run.assignment,
    "conditional_expression": _Run.conditional,
    "call_expression": _Run.call,
    "subscript_expression": _Run.element,
    "field_expression": _Run.member,
}


class _Call:
    """A call: a cast, a stream's read, a function of the library, or one known by its name."""

    def __init__(self, run: _Run, node: Node, frame: Frame) -> None:
        self.run, self.frame = run, frame
        self.called = field_of(node, "function")
        listed = field_of(node, "arguments")
        self.given: Sequence[Node] = listed.named_children if listed is not None else []

    def value(self) -> Signal:
        run, frame, called = self.run, self.frame, self.called
        name, method = _last_name(called), called is not None and called.type == "field_expression"
        this = run.value(field_of(called, "argument"), frame) if method else Signal()
        arguments = [run.value(each, frame) for each in self.given]
        if method and name == "read":  # a stream's: no variable's value
            return Signal()
        kind = self.cast(name)
        if kind is not None and len(arguments) == 1:
            width = bits(kind) or 32
            return replace(arguments[0], bits=min(width, arguments[0].bits))
        if name in delays.BY_NAME_NS:
            return delays.joined(arguments, delays.BY_NAME_NS[name], 7)
        function, scope = self.library(name)
        if function is None or frame.depth > DEPTH:
            return delays.joined((this, *arguments))
        return self.inlined(function, scope, this, arguments)

    def cast(self, name: str) -> Type | None:
        """The type of a cast."""
        called = self.called
        if name == "static_cast":
            listed = field_of(called, "arguments")
            kind = self.run.names.evaluate(listed.named_children[0], self.frame.scope) if listed is not None else None
            return kind if isinstance(kind, Type) else Type("int")
        if called is None or called.type == "field_expression":
            return None
        kind = self.run.names.evaluate(called, self.frame.scope)
        return kind if isinstance(kind, Type) and bits(kind) else None

    def library(self, name: str) -> tuple[Node | None, Scope]:
        """The function of that name which takes as many arguments, of the struct that is named; and its scope."""
        names, called = self.run.names, self.called
        owner = None
        if called is not None and called.type == "qualified_identifier":
            prefix = field_of(called, "scope")
            owner = names.evaluate(prefix, self.frame.scope) if text_of(prefix) not in names.spaces else None
        elif called is not None and called.type == "field_expression":
            owner = self.frame.types.get(text_of(field_of(called, "argument")))
        chosen = names.chosen(owner) if isinstance(owner, Type) else None
        for function in names.functions.get(name, []):
            count = len(parameter_names(function))
            variadic = "..." in text_of(field_of(function_declarator(function), "parameters"))
            inside = chosen is None or chosen[0].start_byte <= function.start_byte < chosen[0].end_byte
            if inside and (count == len(self.given) or (variadic and len(self.given) >= count - 1)):
                return function, chosen[1] if chosen is not None else names.library
        return None, names.library

    def inlined(self, function: Node, above: Scope, this: Signal, arguments: Sequence[Signal]) -> Signal:
        body = field_of(function, "body")
        parameters = field_of(function_declarator(function), "parameters")
        listed = parameters.named_children if parameters is not None else []
        scope = Scope(above, nodes=definitions(body), arrays=arrays(body))
        self.bind(function, listed, scope)
        frame = Frame(scope, this=this, depth=self.frame.depth + 1)
        names = parameter_names(function)
        frame.variables = {name: value for name, value in zip(names, arguments, strict=False) if name}
        if body is not None:
            self.run.statement(body, frame)
        for name, parameter, given in zip(names, listed, self.given, strict=False):
            if "&" in text_of(parameter) and "const " not in text_of(parameter) and name:
                kept = [value for key, value in frame.variables.items() if key == name or key.startswith(f"{name}[")]
                value = kept[0] if len(kept) == 1 else delays.joined(kept)
                self.run.assign(given, replace(value, gates=any(each.gates for each in kept)), self.frame)
        members = [value for key, value in frame.variables.items() if key.split("[")[0] not in {*names, *frame.locals}]
        if members and self.called is not None and self.called.type == "field_expression":
            self.run.assign(field_of(self.called, "argument"), delays.joined(members), self.frame)
        return delays.joined(frame.returns) if frame.returns else Signal()

    def bind(self, function: Node, listed: Sequence[Node], scope: Scope) -> None:
        """Bind template parameters: those given, and those of the sizes of arrays."""
        names, known = self.run.names, template_parameters(function)
        called = self.called
        while called is not None and called.type == "qualified_identifier":
            called = field_of(called, "name")
        if called is not None and called.type == "template_function":
            kind = names.evaluate(called, self.frame.scope)
            scope.values |= bound(known, kind.arguments) if isinstance(kind, Type) else {}
        for parameter, given in zip(listed, self.given, strict=False):
            place: Scope | None = self.frame.scope
            while place is not None and text_of(given) not in place.arrays:
                place = place.above
            if place is None:
                continue
            declared = place.arrays[text_of(given)]
            for pattern, size in zip(sizes(parameter), sizes(declared), strict=False):
                names.fits(pattern, names.evaluate(size, place), known, scope)
            kind_of, pattern_of = field_of(declared, "type"), field_of(parameter, "type")
            if kind_of is not None and pattern_of is not None and sizes(parameter):
                names.fits(pattern_of, names.evaluate(kind_of, place), known, scope)


def _last_name(called: Node | None) -> str:
    """The name of what is called, without scopes, objects and template arguments."""
    while called is not None and called.named_child_count:
        called = field_of(called, "field") or field_of(called, "name") or called.named_children[-1]
    return text_of(called)
