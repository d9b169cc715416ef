"""Calls in the bodies of loops, for the estimate of `recurrences.py`: casts, reads, functions of the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from hwgen.verify import recurrences as delays
from hwgen.verify.constants import (
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
from hwgen.verify.cpp import field as field_of
from hwgen.verify.cpp import function_declarator, is_inside, text_of
from hwgen.verify.recurrences import Frame, Signal

if TYPE_CHECKING:
    from tree_sitter import Node

DEPTH = 24
"""Calls in calls that are looked into."""


class Run(Protocol):
    """What runs the statements of a function."""

    names: Names

    def statement(self, node: Node, frame: Frame) -> bool: ...
    def value(self, node: Node | None, frame: Frame) -> Signal: ...
    def assign(self, target: Node | None, value: Signal, frame: Frame) -> None: ...


class Call:
    """A call: a cast, a stream's read, a function of the library, or one known by its name."""

    def __init__(self, run: Run, node: Node, frame: Frame) -> None:
        self.run, self.frame = run, frame
        self.called = field_of(node, "function")
        listed = field_of(node, "arguments")
        each = listed.named_children if listed is not None else []
        self.given: Sequence[Node] = [node for node in each for _ in range(self.count(node))]

    def count(self, argument: Node) -> int:
        """How many values an argument stands for: a parameter pack for as many as it was given."""
        packed = argument.type == "parameter_pack_expansion"
        return self.frame.packs.get(text_of(argument).rstrip(". "), 1) if packed else 1

    def value(self) -> Signal:
        run, frame, called = self.run, self.frame, self.called
        name, method = _last_name(called), called is not None and called.type == "field_expression"
        this = run.value(field_of(called, "argument"), frame) if method else Signal()
        arguments = [run.value(each, frame) for each in self.given]
        if method and name == "read":  # a stream's: no variable's value
            return Signal(this.bits)
        kind = self.cast(name)
        if kind is not None and len(arguments) == 1:
            return delays.cut(arguments[0], bits(kind) or 32)
        if name in ("encode", "decode") and len(arguments) == 1 and (width := self.code_bits(arguments[0])):
            return delays.cut(arguments[0], width)
        if name in delays.BY_NAME_NS:
            return delays.joined(arguments, delays.BY_NAME_NS[name], 7)
        function, scope = self.library(name)
        if function is None or frame.depth > DEPTH:
            return delays.joined((this, *arguments))
        return self.inlined(function, scope, this, arguments)

    def code_bits(self, given: Signal) -> int:
        """The bits of the number whose code is made or read, where that only gives bits another name; else 0."""
        names, called = self.run.names, self.called
        owner = names.evaluate(field_of(called, "scope"), self.frame.scope)
        inside = names.inside(owner) if isinstance(owner, Type) else None
        if inside is None or not isinstance(owner, Type):
            return 0
        bits_of = names.named("BITS", inside)
        if owner.name == "Bipolar":  # of -1 and 1; the sign of more is a comparison
            return 2 if given.bits <= 2 or _last_name(called) == "decode" else 0
        return bits_of if isinstance(bits_of, int) else 0

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
        owner, free = None, False
        if called is not None and called.type == "qualified_identifier":
            prefix = field_of(called, "scope")
            free = text_of(prefix) in names.spaces
            owner = names.evaluate(prefix, self.frame.scope) if not free else None
        elif called is not None and called.type == "field_expression":
            owner = self.frame.types.get(text_of(field_of(called, "argument")))
        chosen = names.chosen(owner) if isinstance(owner, Type) else None
        for function in names.functions.get(name, []):
            count = len(parameter_names(function))
            variadic = "..." in text_of(field_of(function_declarator(function), "parameters"))
            inside = chosen is None or chosen[0].start_byte <= function.start_byte < chosen[0].end_byte
            inside = inside and not (free and is_inside(function, "struct_specifier"))
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
        if "..." in text_of(parameters):
            frame.packs[names[-1]] = len(self.given) - len(names) + 1
        written = {name for name, each in zip(names, listed, strict=False) if "const " not in text_of(each)}
        frame.memories = {name for name, each in zip(names, listed, strict=False) if name in written and sizes(each)}
        frame.widths = {name: frame.variables[name].bits for name in frame.memories}
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
