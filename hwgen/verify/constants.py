"""Constants and types of emitted C++, folded as a compiler would: template arguments, members, aliases, `constexpr`.

Only what the library and the projects use; what is not understood is None.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hwgen.verify.cpp import Source, declarator, function_declarator, function_name, text_of, walk
from hwgen.verify.cpp import field as field_of

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True)
class Type:
    """A type by its name, without namespaces, and its template arguments."""

    name: str
    arguments: tuple[Value, ...] = ()


Value = int | Type | tuple["Value", ...] | None
"""A constant, a type, a parameter pack of them, or what is not understood."""


@dataclass(eq=False)
class Scope:
    """Names that a place sees: their values, or the nodes that say them; arrays by declaration; the scope around."""

    above: Scope | None = None
    values: dict[str, Value] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    arrays: dict[str, Node] = field(default_factory=dict)


LIBRARY = "lib/"
"""Where the functions lie that are looked into."""
_BITS = {"bool": 1, "char": 8, "short": 16, "int": 32, "unsigned": 32, "unsigned int": 32, "Limb": 64}
_DEFINITIONS = ("alias_declaration", "declaration", "field_declaration")
_BINARY: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "<<": operator.lshift, ">>": operator.rshift,
    "&": operator.and_, "|": operator.or_, "^": operator.xor, "<": operator.lt, ">": operator.gt, "<=": operator.le,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "/": operator.floordiv, "%": operator.mod,
}  # fmt: skip
_UNARY: dict[str, Callable[[int], int]] = {
    "-": operator.neg,
    "~": operator.invert,
    "!": operator.not_,
    "+": operator.pos,
}


def bits(value: Value) -> int | None:
    """How many bits a type has: of data, where it is a beat with signals beside them."""
    if not isinstance(value, Type):
        return None
    if value.name in ("ap_uint", "ap_int", "ap_axiu"):
        width = value.arguments[0] if value.arguments else None
        return width if isinstance(width, int) else None
    sized = re.fullmatch(r"u?int(\d+)_t", value.name)
    return int(sized[1]) if sized else _BITS.get(value.name)


class Names:
    """Namespaces and structs of a source, and functions of its library."""

    def __init__(self, source: Source) -> None:
        self.structs: dict[str, list[Node]] = {}
        self.functions: dict[str, list[Node]] = {}
        self.library = Scope()
        self.spaces: dict[str, Scope] = {"hwgen": self.library, "std": Scope(), "hls": Scope()}
        self.library.nodes |= definitions(source.root)
        self.library.arrays |= arrays(source.root)
        for node in walk(source.root, "struct_specifier", "function_definition", "namespace_definition"):
            if node.type == "struct_specifier" and field_of(node, "body") is not None:
                self.structs.setdefault(_plain(field_of(node, "name")), []).append(node)
            elif node.type == "function_definition" and source.found(node, "").file.startswith(LIBRARY):
                self.functions.setdefault(function_name(node).split("::")[-1], []).append(node)
            elif node.type == "namespace_definition":
                name = text_of(field_of(node, "name"))
                scope = self.spaces.setdefault(name, Scope(self.library))
                scope.nodes |= definitions(field_of(node, "body"))
                scope.arrays |= arrays(field_of(node, "body"))

    def scope_of(self, node: Node) -> Scope:
        """The scope of a place outside of the library: the namespaces that its function uses, else that of hwgen."""
        while node.parent is not None and node.type != "function_definition":
            node = node.parent
        if node.type != "function_definition":
            return self.library
        used = [text_of(each.named_children[0]) for each in walk(node, "using_declaration")]
        return self.spaces.get(used[0], self.library) if used else self.library

    def evaluate(self, node: Node | None, scope: Scope) -> Value:
        """The constant or type that `node` stands for."""
        if node is None:
            return None
        apply = _EVALUATIONS.get(node.type)
        return apply(self, node, scope) if apply is not None else None

    def _inner(self, node: Node, scope: Scope) -> Value:
        called = field_of(node, "declarator")  # f(N) between template brackets looks like the type of a function
        if called is not None and called.type == "abstract_function_declarator":
            listed = field_of(called, "parameters")
            arguments = [field_of(each, "type") for each in (listed.named_children if listed is not None else [])]
            name = text_of(field_of(node, "type")).split("::")[-1]
            return self._called(name, [self.evaluate(each, scope) for each in arguments])
        inner = field_of(node, "type") or next(iter(node.named_children), None)
        return self.evaluate(inner, scope)

    def _unary(self, node: Node, scope: Scope) -> Value:
        value = self.evaluate(field_of(node, "argument"), scope)
        apply = _UNARY.get(text_of(field_of(node, "operator")))
        return int(apply(value)) if isinstance(value, int) and apply else None

    def _conditional(self, node: Node, scope: Scope) -> Value:
        chosen = self.evaluate(field_of(node, "condition"), scope)
        branch = "consequence" if chosen else "alternative"
        return self.evaluate(field_of(node, branch), scope) if isinstance(chosen, int) else None

    def _sizeof(self, node: Node, scope: Scope) -> Value:
        value = self._inner(node, scope)
        return len(value) if isinstance(value, tuple) else (bits(value) or 0) // 8 or None

    def _specialised(self, node: Node, scope: Scope) -> Value:
        return self._template(_plain(node), field_of(node, "arguments"), scope)

    def _identifier(self, node: Node, scope: Scope) -> Value:
        return self.named(text_of(node), scope)

    def named(self, name: str, scope: Scope | None) -> Value:
        """The value of a name in `scope` or around it; a struct's name is a type."""
        while scope is not None:
            if name not in scope.values and name in scope.nodes:
                scope.values[name] = None  # while it is evaluated
                scope.values[name] = self.evaluate(scope.nodes[name], scope)
            if name in scope.values:
                return scope.values[name]
            scope = scope.above
        return Type(name) if name in self.structs or bits(Type(name)) else None

    def _member(self, node: Node, scope: Scope) -> Value:
        first, name = field_of(node, "scope"), field_of(node, "name")
        if text_of(first) in self.spaces:
            inner = self.spaces[text_of(first)]
            return self.evaluate(name, scope if text_of(first) in ("std", "hls", "hwgen") else inner)
        owner = self.evaluate(first, scope)
        if not isinstance(owner, Type):
            return None
        if owner.name == "conditional" and text_of(name) == "type" and len(owner.arguments) == 3:
            chosen, yes, no = owner.arguments
            return (yes if chosen else no) if isinstance(chosen, int) else None
        if owner.name in ("make_unsigned", "make_signed") and len(owner.arguments) == 1:
            return owner.arguments[0]
        inside = self.inside(owner)
        return self.evaluate(name, inside) if inside is not None else None

    def inside(self, owner: Type) -> Scope | None:
        """The scope of a struct with its template arguments."""
        chosen = self.chosen(owner)
        return chosen[1] if chosen is not None else None

    def chosen(self, owner: Type) -> tuple[Node, Scope] | None:
        """The definition of a struct, a specialisation where one fits, and its scope."""
        for node in sorted(self.structs.get(owner.name, []), key=lambda each: -_is_special(each)):
            names = template_parameters(node)
            scope = Scope(self.library, nodes=definitions(field_of(node, "body")))
            if not _is_special(node):
                scope.values |= bound(names, owner.arguments)
                scope.nodes |= defaults(node)
                return node, scope
            patterns = field_of(field_of(node, "name"), "arguments")
            if patterns is not None and self._fits_all(patterns.named_children, owner.arguments, names, scope):
                return node, scope
        return None

    def _fits_all(self, patterns: Sequence[Node], values: tuple[Value, ...], names: Names_, scope: Scope) -> bool:
        for place, pattern in enumerate(patterns):
            if pattern.type == "parameter_pack_expansion":
                scope.values[text_of(pattern).rstrip(". ")] = tuple(values[place:])
                return True
            if place >= len(values) or not self.fits(pattern, values[place], names, scope):
                return False
        return len(patterns) == len(values)

    def fits(self, pattern: Node, value: Value, names: Names_, scope: Scope) -> bool:
        """Whether a pattern of template parameters `names` can mean `value`; they are bound in `scope`."""
        while pattern.type == "type_descriptor" and pattern.named_children:
            pattern = field_of(pattern, "type") or pattern.named_children[0]
        text = text_of(pattern)
        if text in names and text not in scope.values:
            scope.values[text] = value
            return True
        if pattern.type == "template_type" and isinstance(value, Type):
            arguments = field_of(pattern, "arguments")
            inner = arguments.named_children if arguments is not None else []
            return _plain(pattern) == value.name and self._fits_all(inner, value.arguments, names, scope)
        return value is not None and self.evaluate(pattern, scope) == value

    def _template(self, name: str, given: Node | None, scope: Scope) -> Value:
        arguments: list[Value] = []
        for each in given.named_children if given is not None else []:
            if each.type == "parameter_pack_expansion":
                pack = self.evaluate(each.named_children[0], scope)
                arguments += pack if isinstance(pack, tuple) else [None]
            else:
                arguments.append(self.evaluate(each, scope))
        alias = self.library.nodes.get(name)
        template = alias.parent.parent if alias is not None and alias.parent is not None else None
        if alias is not None and template is not None and template.type == "template_declaration":
            return self.evaluate(alias, Scope(self.library, dict(bound(template_parameters(alias), tuple(arguments)))))
        return Type(name, tuple(arguments))

    def _binary(self, node: Node, scope: Scope) -> Value:
        sign = text_of(field_of(node, "operator"))
        left, right = (self.evaluate(field_of(node, side), scope) for side in ("left", "right"))
        if sign in ("&&", "||"):
            decides = int(sign == "||")
            if any(isinstance(each, int) and bool(each) == bool(decides) for each in (left, right)):
                return decides
            return 1 - decides if isinstance(left, int) and isinstance(right, int) else None
        return self.computed(sign, left, right) if isinstance(left, int) and isinstance(right, int) else None

    @staticmethod
    def computed(sign: str, left: int, right: int) -> int | None:
        """What a binary operator gives of constants."""
        impossible = sign not in _BINARY or (sign in "/%" and not right) or (sign in ("<<", ">>") and right < 0)
        return None if impossible else int(_BINARY[sign](left, right))

    def _call(self, node: Node, scope: Scope) -> Value:
        """A cast, or a `constexpr` function."""
        arguments = field_of(node, "arguments")
        values = [self.evaluate(each, scope) for each in arguments.named_children] if arguments is not None else []
        called = field_of(node, "function")
        name = re.sub(r"<.*", "", text_of(called)).split("::")[-1]
        if name == "static_cast" or bits(Type(name)) or bits(self.named(name, scope)):
            return values[0] if len(values) == 1 else None
        return self._called(name, values)

    def _called(self, name: str, values: Sequence[Value]) -> Value:
        """What a `constexpr` function gives that is one return."""
        for function in self.functions.get(name, []):
            names = parameter_names(function)
            body = field_of(function, "body")
            returned = body.named_children if body is not None else []
            if len(names) != len(values) or len(returned) != 1 or returned[0].type != "return_statement":
                continue
            if None not in values and text_of(function).lstrip().find("constexpr") >= 0:
                return self.evaluate(
                    returned[0].named_children[0], Scope(self.library, dict(zip(names, values, strict=True)))
                )
        return None


_EVALUATIONS: dict[str, Callable[[Names, Node, Scope], Value]] = {
    "number_literal": lambda _, node, __: int(re.sub(r"[uUlL']+", "", text_of(node)), 0),
    "true": lambda *_: 1,
    "false": lambda *_: 0,
    "primitive_type": lambda _, node, __: Type(text_of(node)),
    "sized_type_specifier": lambda _, node, __: Type(text_of(node)),
    **dict.fromkeys(("identifier", "type_identifier", "namespace_identifier", "field_identifier"), Names._identifier),
    **dict.fromkeys(("template_type", "template_function"), Names._specialised),
    **dict.fromkeys(("type_descriptor", "parenthesized_expression", "condition_clause"), Names._inner),
    "qualified_identifier": Names._member,
    "unary_expression": Names._unary,
    "binary_expression": Names._binary,
    "conditional_expression": Names._conditional,
    "call_expression": Names._call,
    "sizeof_expression": Names._sizeof,
}


Names_ = dict[str, "str"]
"""Template parameters: kind by name; a pack's kind is `...`."""


def template_parameters(node: Node) -> Names_:
    """The template parameters of a struct, function or alias."""
    while node.parent is not None and node.type != "template_declaration":
        if node.parent.type in ("field_declaration_list", "declaration_list", "translation_unit"):
            return {}
        node = node.parent
    listed = field_of(node, "parameters")
    found: Names_ = {}
    for each in listed.named_children if listed is not None else []:
        name = re.sub(r"\s*=.*", "", text_of(each)).split()[-1].removeprefix("...")
        found[name] = "..." if "..." in text_of(each) else ""
    return found


def defaults(struct: Node) -> dict[str, Node]:
    """What stands for a template parameter of a struct that is not given."""
    template = struct.parent
    listed = field_of(template, "parameters") if template is not None else None
    given = {
        text_of(declarator(field_of(each, "declarator"))): field_of(each, "default_value")
        for each in (listed.named_children if listed is not None else [])
    }
    return {name: node for name, node in given.items() if node is not None}


def bound(names: Names_, values: tuple[Value, ...]) -> dict[str, Value]:
    """Values by template parameter; a pack gets what is left."""
    found: dict[str, Value] = {}
    for place, (name, kind) in enumerate(names.items()):
        if kind:
            found[name] = tuple(values[place:])
        elif place < len(values):
            found[name] = values[place]
    return found


def definitions(body: Node | None) -> dict[str, Node]:
    """The node that says the value of each constant and alias in a body."""
    found: dict[str, Node] = {}
    for outer in body.named_children if body is not None else []:
        node = outer
        if outer.type == "template_declaration":
            node = outer.named_children[-1]
        if node.type == "alias_declaration":
            value = field_of(node, "type")
        elif node.type == "field_declaration":
            value = field_of(node, "default_value")
        elif node.type == "declaration" and "constexpr" in text_of(node):
            value = field_of(field_of(node, "declarator"), "value")
        else:
            continue
        name = field_of(node, "name") or declarator(field_of(node, "declarator"))
        if value is not None:
            found[text_of(name)] = value
    return found


def arrays(body: Node | None) -> dict[str, Node]:
    """The declaration of each array in a body."""
    nodes = [node for node in body.named_children if node.type == "declaration"] if body is not None else []
    return {
        text_of(declarator(each)): node
        for node in nodes
        for each in node.children_by_field_name("declarator")
        if next(walk(each, "array_declarator"), None) is not None
    }


def sizes(declared: Node) -> list[Node]:
    """What stands between the brackets of a declared array, the first dimension first."""
    found = [field_of(node, "size") for node in walk(declared, "array_declarator")]
    return [node for node in reversed(found) if node is not None]


def parameter_names(function: Node) -> list[str]:
    """The names of a function's parameters; nothing for one without a name."""
    parameters = field_of(function_declarator(function), "parameters")
    named = parameters.named_children if parameters is not None else []
    return [text_of(declarator(field_of(each, "declarator"))) for each in named]


def _plain(node: Node | None) -> str:
    """The name of a type or template, without its arguments."""
    return text_of(field_of(node, "name") if node is not None and node.type.startswith("template_") else node)


def _is_special(struct: Node) -> bool:
    name = field_of(struct, "name")
    return name is not None and name.type == "template_type"
