"""The function of a module that renders a conversation: head, turns, prompt."""

from __future__ import annotations

from chatwright.analysis.facts import counter_of, reads
from chatwright.emit.python.contents import contents, parts_read_outside, reasoning_fields
from chatwright.emit.python.expressions import condition
from chatwright.emit.python.lines import Lines, block, function, lines, placed
from chatwright.emit.python.locals import lists, py_name, rule_name
from chatwright.emit.python.position import Plan, position
from chatwright.emit.python.statements import body, owned, reject
from chatwright.emit.python.turns import behind, count, variables
from chatwright.ir import program as ir
from chatwright.ir.walk import all_expressions, walk

_STORED = {"prev": ("None", "m"), "prev_role": ('""', "role"), "prev_i": ("-1", "i")}


def emitter(plan: Plan) -> Lines:
    """The function `emit`, or `emit_text`, which prints the same text and records nothing."""
    program, facts = plan.program, plan.facts
    options = "".join(f", o_{option.name}" for option in program.options)
    found = _tools(program)
    if facts.written:
        found += _set_apart(facts.sampler)
    if parts_read_outside(program):
        found += contents(plan)
    found += [*_head(program.head), *_turn_list(plan), *rules(plan, inside=True)]
    found += placed(None, [*_marks(plan), *_refusals(plan)])
    ahead = behind(reads(program.head.body), "messages[begin]", "begin < n")
    head = body(program.head.body, position(plan, "head")) if program.head.body else []
    found += placed(None, [*ahead, *head])
    found += placed(None, [*_before_the_turns(plan), *_turns(plan)])
    if facts.written:
        found += placed(None, _written(plan))
    found += placed(None, _prompt(plan, "elif" if facts.written else "if"))
    name = "emit(out, codes, owners, spans" if plan.traced else "emit_text(out"
    signature = f"{name}, messages, tools, add_generation_prompt{options})"
    return [*block(f"def {signature}:", found), *placed(None, lines(""))]


def rules(plan: Plan, inside: bool) -> Lines:
    """The functions of those rules that belong `inside` the emitter, or of the others.

    A rule belongs inside where it reads options, tools or the head.
    """
    found: Lines = []
    for rule in plan.program.rules:
        if any(isinstance(e, ir.HeadList | ir.Opt | ir.Tools) for e in all_expressions(rule.body)) == inside:
            found += _rule(rule, plan)
    return found


def _rule(rule: ir.Rule, plan: Plan) -> Lines:
    names = [py_name(param.name) for param in rule.params]
    functions = [
        f'f_{param.name} = {name}.get("function") or {name}'
        for param, name in zip(rule.params, names, strict=True)
        if param.kind == "call"
    ]
    inside = body(rule.body, position(plan, "rule", rule=rule.name))
    signature = f"{rule_name(rule.name, plan)}({', '.join((lists(plan), *names))})"
    return function(signature, [*lines(*functions), *inside])


# ---- before the turns ----------------------------------------------------------------------------------------------


def _tools(program: ir.Program) -> Lines:
    """Takes the tools from the first of the arguments that gives any."""
    if program.tools_from == ("tools",):
        return []
    *choices, chain = [name if name == "tools" else f"o_{name}" for name in program.tools_from]
    for name in reversed(choices):
        chain = f"{name} if {name if program.tools_filled else f'{name} is not None'} else {chain}"
    return lines(f"tools = {chain}")


def _set_apart(sampler: tuple[str, ...]) -> Lines:
    """Takes the last message, if it has just been written, out of the conversation that it continues."""
    return lines(
        "written = None",
        f'if messages and not add_generation_prompt and messages[-1]["role"] {_among(sampler)}:',
        "    written = messages[-1]",
        "    messages = messages[:-1]",
        "    add_generation_prompt = True",
    )


def _head(head: ir.Head) -> Lines:
    found = lines("n = len(messages)", "begin = 0")
    if head.which == "first":
        test = f'if n and messages[0]["role"] {_among(head.takes)}:'
        found += [*lines("head = {}"), *block(test, lines("head = messages[0]", "begin = 1"))]
    elif head.which == "all":
        found += lines(f'taken = [(j, x) for j, x in enumerate(messages) if x["role"] {_among(head.takes)}]')
    return found


def _turn_list(plan: Plan) -> Lines:
    """The indices of the turns. Position words pass over messages that print nothing."""
    program = plan.program
    if not plan.facts.looks_through:
        return lines("end = n - 1")
    hidden = program.skip + (program.head.takes if program.head.which == "all" else ())
    if program.skip_others:
        test = _among(tuple(role for turn in program.turns for role in turn.roles))
    else:
        test = f"not in {hidden!r}" if len(hidden) > 1 else f"!= {hidden[0]!r}"
    return lines(
        f'turns = [j for j in range(begin, n) if messages[j]["role"] {test}]',
        "begin = turns[0] if turns else n",
        "end = turns[-1] if turns else -1",
    )


def _marks(plan: Plan) -> Lines:
    marks = plan.program.marks
    found = _no_lists(plan)
    found += lines("reach = begin") if any(mark.moves for mark in marks) else []
    for mark in marks:
        nowhere = "begin - 1" if mark.otherwise == "start" else "end"
        found += lines(f"mark_{mark.name} = {nowhere}", f"has_{mark.name} = False")
        if mark.moves:
            search = [*_search(mark, "low", "high", ("return j",), plan), *lines("return None")]
            found += block(f"def find_{mark.name}(low, high):", search)
        else:
            there = (f"mark_{mark.name} = j", f"has_{mark.name} = True", "break")
            found += _search(mark, "begin", "n", there, plan)
    return found


def _search(mark: ir.Mark, low: str, high: str, there: tuple[str, ...], plan: Plan) -> Lines:
    """Looks for a mark among the messages from one index to another."""
    inside = lines(*there)
    if mark.where is not None:
        looks = _looked_at(mark.where, plan)
        when = condition(mark.where, position(plan, "turn", index="j"))
        inside = [*looks, *lines('role = m["role"]'), *block(f"if {when.text}:", inside)]
    steps = f"range({high} - 1, {low} - 1, -1)" if mark.end == "last" else f"range({low}, {high})"
    ours = block(f'if m["role"] {_among(mark.roles)}:', inside)
    return block(f"for j in {steps}:", [*lines("m = messages[j]"), *ours])


def _looked_at(when: ir.Expr, plan: Plan) -> Lines:
    """The variables of the message `m` at `j` that a condition reads while messages are searched."""
    found = reads((), when)
    made = lines("c = s = content_of(m, j)") if found.text else []
    return made + (reasoning_fields(plan.program) if found.reasoning else [])


def _no_lists(plan: Plan) -> Lines:
    """Refuses lists of parts in the messages that marks look at and no turn prints, as the template does."""
    if plan.program.parts or not plan.facts.looked_at:
        return []
    return lines(
        "for j, m in enumerate(messages):",
        f'    if m["role"] {_among(plan.facts.looked_at)}:',
        "        content_of(m, j)",
    )


def _refusals(plan: Plan) -> Lines:
    found: Lines = []
    at = position(plan, "refusal")
    for refusal in plan.program.refusals:
        alternating = [node for node in walk(refusal.when) if isinstance(node, ir.Alternating)]
        collected = [line for node in alternating for line in _alternating(node, plan)]
        test = block(f"if {condition(refusal.when, at).text}:", reject(refusal.message, refusal.at, at))
        found += placed(refusal.at, [*collected, *test])
    return found


def _alternating(node: ir.Alternating, plan: Plan) -> Lines:
    """Collects of each turn that counts whether it has the role."""
    when = condition(node.where, position(plan, "refusal", index="j"))
    inside = [*lines("m = messages[j]"), *_looked_at(node.where, plan), *lines('role = m["role"]')]
    inside += block(f"if {when.text}:", lines(f"alternating_{node.role}.append(role == {node.role!r})"))
    indices = "turns" if plan.facts.looks_through else "range(begin, n)"
    return [*lines(f"alternating_{node.role} = []"), *block(f"for j in {indices}:", inside)]


# ---- the turns, the written message, the prompt --------------------------------------------------------------------


def _before_the_turns(plan: Plan) -> Lines:
    facts = plan.facts
    found = [f"{name} = {_STORED[name][0]}" for name in _stored(plan)]
    found += [f"before_{role} = None" for role in _earlier_roles(plan)]
    if plan.program.closed_by_next:
        found.append("open_at = -1")
    if facts.counts_parts:
        found.append("counts = {}")
    found += [f"{counter_of(roles)} = 0" for roles in facts.counted]
    return lines(*found)


def _turns(plan: Plan) -> Lines:
    facts = plan.facts
    found = [*lines('role = m["role"]'), *owned("i", plan)]
    if not facts.turns:
        found += lines("pass")
    word = "if"
    for turn in sorted(facts.turns, key=lambda turn: not turn.roles):
        if turn.roles:
            head = f"{word} role {_among(turn.roles)}:"
        else:
            refused = block(f"{word} role.__class__ is not str:", lines("raise bad_role(i, role)"))
            found += placed(None, refused)
            head = "else:"
        found += placed(None, block(head, _turn(turn, plan)))
        word = "elif"
    if not facts.any_role:
        unknown = lines(f"raise unknown_role(i, role, {facts.roles!r})")
        found += placed(None, block("else:" if facts.turns else "if True:", unknown))
    found += placed(None, lines(*(f"{name} = {_STORED[name][1]}" for name in _stored(plan))))
    if facts.looks_through:
        return block("for k, i in enumerate(turns):", [*lines("m = messages[i]"), *found])
    return block("for i, m in enumerate(messages[begin:] if begin else messages, begin):", found)


def _turn(turn: ir.Turn, plan: Plan) -> Lines:
    facts = plan.facts
    thinks = bool(set(turn.roles) & set(facts.sampler))
    at = position(plan, "turn", counter=counter_of(turn.roles))
    found = [*count(facts, turn.roles), *variables(plan, reads(turn.body), thinks), *body(turn.body, at)]
    kept = [
        f"before_{role} = m" if len(turn.roles) == 1 else f"if role == {role!r}: before_{role} = m"
        for role in _earlier_roles(plan)
        if role in turn.roles
    ]
    return [*placed(turn.at, found), *placed(None, lines(*kept))]


def _written(plan: Plan) -> Lines:
    """The turn of the message that was set apart, in the place of the prompt."""
    facts = plan.facts
    at = position(plan, "turn", counter=counter_of(facts.sampler))
    found = [
        *lines("i = n", "m = written", 'role = m["role"]'),
        *owned("i", plan),
        *count(facts, facts.sampler),
        *variables(plan, reads(facts.written), thinks=True),
        *body(facts.written, at),
    ]
    return block("if written is not None:", found)


def _prompt(plan: Plan, word: str) -> Lines:
    if not plan.facts.prompt:
        return []
    at = position(plan, "prompt", counter=counter_of(plan.facts.sampler))
    found = [*owned("-1", plan), *body(plan.facts.prompt, at)]
    return block(f"{word} add_generation_prompt:", found)


def _bodies(plan: Plan) -> list[ir.Body]:
    return [*(turn.body for turn in plan.facts.turns), plan.facts.prompt, plan.facts.written]


def _earlier_roles(plan: Plan) -> list[str]:
    """The roles of which a turn reads the nearest earlier message."""
    return sorted({role for stmts in _bodies(plan) for role in reads(stmts).before})


def _stored(plan: Plan) -> list[str]:
    """The variables about the turn before that any body reads."""
    names: set[str] = set()
    for e in (e for stmts in _bodies(plan) for e in all_expressions(stmts)):
        match e:
            case ir.RoleIs(message=ir.Msg(which="prev")) | ir.Attr(message=ir.Msg(which="prev"), name="role"):
                names.add("prev_role")
            case ir.Results(message=ir.Msg(which="prev")):
                names.add("prev_i")
            case ir.Attr(message=ir.Msg(which="prev")) | ir.Exists(message=ir.Msg(which="prev")):
                names.add("prev")
            case ir.Content(message=ir.Msg(which="prev")) | ir.Reasoning(message=ir.Msg(which="prev")):
                names.add("prev")
    return [name for name in _STORED if name in names]


def _among(roles: tuple[str, ...]) -> str:
    return f"== {roles[0]!r}" if len(roles) == 1 else f"in {roles!r}"
