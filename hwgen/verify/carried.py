"""Loop bodies run on delays in place of values, for the estimate of `recurrences.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from hwgen.verify import recurrences as delays
from hwgen.verify.called import Call
from hwgen.verify.constants import LIBRARY, Names, Scope, Type, arrays, bits, definitions, parameter_names
from hwgen.verify.cpp import LOOPS, Source, declarator, function_declarator, function_name, text_of, walk
from hwgen.verify.cpp import field as field_of
from hwgen.verify.pragmas import pragmas_of
from hwgen.verify.recurrences import Frame, Recurrence, Signal

if TYPE_CHECKING:
    from tree_sitter import Node

WIDE = 64
"""Bits of a word that is not understood."""
TURNS = 3
"""Turns of an unrolled loop that are run; the others are as the last of these."""


def recurrences_of(source: Source, names: Names) -> list[Recurrence]:
    """The longest path of every pipelined loop of every process outside of the library."""
    run = _Run(source, names)
    for function in walk(source.root, "function_definition"):
        body = field_of(function, "body")
        if body is not None and not source.found(function, "").file.startswith(LIBRARY):
            run.function = function_name(function)
            outer = names.scope_of(function)
            scope = Scope(outer, nodes=definitions(body), arrays=arrays(body))
            run.statement(body, Frame(scope, variables=_streams(function, names, outer)))
    return run.found


def _streams(function: Node, names: Names, scope: Scope) -> dict[str, Signal]:
    """The streams of a process, as wide as their words."""
    listed = field_of(function_declarator(function), "parameters")
    found = {}
    for name, each in zip(parameter_names(function), listed.named_children if listed is not None else [], strict=True):
        words = [bits(names.evaluate(node, scope)) for node in walk(each, "template_type")]
        found[name] = Signal(next((width for width in words if width), WIDE))
    return found


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
            for element in [key for key in frame.variables if key.startswith(f"{name}[")]:
                del frame.variables[element]
            frame.widths[name] = width
            frame.variables[name] = delays.cut(value, width) if given is not None else Signal(width)
            frame.locals.add(name)
            frame.blank -= {name}
            frame.blank |= {name} if given is None else set()
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
            grown = delays.grown(before.get(name, signal), signal, max(0, turns - TURNS))
            frame.variables[name] = replace(
                grown, bits=min(grown.bits, frame.widths.get(name.split("[")[0], grown.bits))
            )

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
        carried = sorted(frame.locals | frame.memories)
        widths = {name: 1 if name in frame.blank else frame.variables.get(name, Signal()).bits for name in carried}
        most = {name: frame.widths.get(name, max(WIDE, width)) for name, width in widths.items()}
        ends, tried = self.ends(node, body, frame, widths), set[str]()
        while wider := {name for name in most if name in ends and min(ends[name].bits, most[name]) > widths[name]}:
            widths |= {name: most[name] if name in tried else min(ends[name].bits, most[name]) for name in wider}
            tried |= wider
            ends = self.ends(node, body, frame, widths)
        ns, variable = delays.longest(ends)
        above = node.parent
        label = text_of(field_of(above, "label")) if above is not None and above.type == "labeled_statement" else ""
        where = self.source.found(node, "")
        self.found.append(Recurrence(where.file, where.line, self.function, label, round(ns, 2), variable))

    def ends(self, node: Node, body: Node, frame: Frame, widths: dict[str, int]) -> dict[str, Signal]:
        """What an iteration leaves in each variable that it changes, begun with variables of so many bits at 0 ns."""
        frame.variables = {key: value for key, value in frame.variables.items() if "[" not in key}
        frame.variables |= {name: Signal(width, {name: 0.0}) for name, width in widths.items()}
        frame.locals = set(widths)
        self.statement(body, frame)
        update, condition = field_of(node, "update"), field_of(node, "condition")
        if update is not None:
            self.value(update, frame)
        ends: dict[str, Signal] = {}
        for name in widths:
            kept = [value for key, value in frame.variables.items() if key == name or key.startswith(f"{name}[")]
            changed = [value for value in kept if dict(value.paths) != {name: 0.0}]
            ends |= {name: delays.joined(changed)} if changed else {}
        if node.type == "while_statement" and condition is not None:
            ends[text_of(condition)] = self.value(condition, frame)
            ends = {name: replace(each, paths={**each.paths, text_of(condition): 0.0}) for name, each in ends.items()}
        return ends

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
        return Call(self, node, frame).value()

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
        if name in frame.memories:  # its word comes out of a register
            return delays.joined((whole, *others, index))
        return delays.read_at(delays.joined((whole, *others)), index)

    def assign(self, target: Node | None, value: Signal, frame: Frame) -> None:
        while target is not None and target.type in ("parenthesized_expression", "pointer_expression"):
            target = target.named_children[0]
        name, element, index = self.key(target, frame)
        held = frame.variables.get(name)
        if target is not None and (target.type == "field_expression" or index.constant is None):
            value = delays.joined((value, index, *([held] if held is not None else [])))
        frame.variables[element] = replace(delays.cut(value, frame.widths.get(name, value.bits)), constant=None)


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
