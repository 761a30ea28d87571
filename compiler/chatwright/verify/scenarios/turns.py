"""Roles, their order, and their contents: present, null, empty, blank or absent."""

from __future__ import annotations

from chatwright.verify.scenarios.build import (
    ASK,
    CLOCK,
    LOOK,
    SUNNY,
    WEATHER,
    Scenario,
    calls,
    developer,
    message,
    result,
    says,
    system,
    user,
)

HI, HELLO = user("Hi"), says("Hello!")
BRIEF = system("Be brief.")

ORDER = [
    Scenario("user", [HI]),
    Scenario("system_user", [BRIEF, HI]),
    Scenario("one_turn", [HI, HELLO]),
    Scenario("system_one_turn", [BRIEF, HI, HELLO]),
    Scenario(
        "many_turns",
        [BRIEF, HI, HELLO, user("2+2?"), says("4"), user("3+3?"), says("6"), user("Thanks")],
    ),
    Scenario("system_only", [BRIEF]),
    Scenario("assistant_first", [HELLO]),
    Scenario("assistant_first_of_two", [HELLO, HI, says("What now?")]),
    Scenario("system_assistant", [BRIEF, HELLO]),
    Scenario("tool_first", [SUNNY]),
    Scenario("system_then_tool", [BRIEF, SUNNY, HI]),
    Scenario("late_system", [HI, HELLO, BRIEF, user("And now?")]),
    Scenario("late_system_early", [HI, BRIEF]),
    Scenario("system_last", [HI, HELLO, BRIEF]),
    Scenario("two_systems", [BRIEF, system("Be kind."), HI]),
    Scenario("two_systems_apart", [BRIEF, HI, HELLO, system("Be kind."), user("Go on")]),
    Scenario("systems_with_tools", [BRIEF, system("Be kind."), ASK], [WEATHER]),
    Scenario("developer", [developer("Be brief."), HI]),
    Scenario("developer_with_tools", [developer("Be brief."), ASK], [WEATHER]),
    Scenario("system_and_developer", [BRIEF, developer("Be kind."), HI, HELLO]),
    Scenario("late_developer", [HI, HELLO, developer("Be kind."), user("Go on")]),
    Scenario("unknown_role", [HI, message("critic", "Meh."), HELLO]),
    Scenario("unknown_role_last", [HI, message("critic", "Meh.")]),
    Scenario(
        "unknown_role_between_results",
        [ASK, calls("", LOOK), SUNNY, message("critic", "Meh."), SUNNY, says("Sunny.")],
    ),
    Scenario("two_users", [HI, user("Anyone?"), HELLO]),
    Scenario("users_one_silent", [user(), user("Hi"), says("Hello!")]),
    Scenario("two_assistants", [HI, HELLO, says("How are you?"), user("Fine")]),
    Scenario("three_assistants_last", [HI, HELLO, says("How are you?"), says("Well?")]),
    Scenario(
        "same_user_twice",
        [user("Yes"), says("Ok"), user("Yes"), says("Ok"), user("No")],
        [CLOCK],
    ),
    Scenario("last_user_equal_but_null", [user("Yes"), says("Ok"), user("Yes", name=None)], [CLOCK]),
    Scenario("last_user_repeated", [user("Yes"), says("Ok"), user("Yes")], [CLOCK]),
]

CONTENT = [
    Scenario("user_empty", [user(""), HELLO]),
    Scenario("user_blank", [user(" \n\t "), HELLO]),
    Scenario("user_null", [user(None), HELLO]),
    Scenario("user_without_content", [user(), HELLO]),
    Scenario("system_empty", [system(""), HI]),
    Scenario("system_empty_with_tools", [system(""), ASK], [WEATHER]),
    Scenario("system_blank", [system(" \n "), HI]),
    Scenario("system_blank_with_tools", [system(" \n "), ASK], [WEATHER]),
    Scenario("system_null", [system(None), HI]),
    Scenario("system_null_with_tools", [system(None), ASK], [WEATHER]),
    Scenario("two_systems_one_empty", [system(""), system("Be kind."), HI]),
    Scenario("two_systems_last_empty", [BRIEF, system(""), HI], [WEATHER]),
    Scenario("assistant_empty", [HI, says("")]),
    Scenario("assistant_empty_early", [HI, says(""), user("Hello?")]),
    Scenario("assistant_blank", [HI, says("  \n"), user("Hello?"), says("\n")]),
    Scenario("assistant_null", [HI, says(None)]),
    Scenario("assistant_null_early", [HI, says(None), user("Hello?")]),
    Scenario("assistant_without_content", [HI, says(), user("Hello?"), says()]),
    Scenario("result_empty", [ASK, calls("", LOOK), result("")], [WEATHER]),
    Scenario("result_blank", [ASK, calls("", LOOK), result(" \n")], [WEATHER]),
    Scenario("result_null", [ASK, calls("", LOOK), result(None)], [WEATHER]),
    Scenario("results_some_empty", [ASK, calls("", LOOK), result(""), SUNNY, result("")]),
]

FIELDS = [
    Scenario("name_of_user", [user("Hi", name="Ada"), HELLO, user("Bye", name="Bob")]),
    Scenario("name_of_assistant", [HI, says("Hello!", name="Kim"), user("Bye")]),
    Scenario("name_of_system", [system("Be brief.", name="boss"), HI]),
    Scenario("name_empty", [user("Hi", name=""), says("Hello!", name="")]),
    Scenario("name_null", [user("Hi", name=None), says("Hello!", name=None)]),
    Scenario("name_of_result", [ASK, calls("", LOOK), result("Sunny", name="get_weather")]),
    Scenario("prefix", [HI, says("Let me see", prefix=True)], None, {"thinking": True}),
    Scenario("prefix_early", [HI, says("Let me see", prefix=True), HI, HELLO]),
    Scenario("prefix_false", [HI, says("Let me see", prefix=False)]),
    Scenario("prefix_with_think", [HI, says("a</think>b", prefix=True)]),
    Scenario(
        "date_and_place",
        [system("Be brief.", current_date="2025-01-01", current_location="Rome"), HI],
    ),
    Scenario("date_alone", [system("", current_date="2025-01-01"), HI], [CLOCK]),
    Scenario("place_alone", [system(None, current_location="Rome"), HI]),
    Scenario("place_empty", [system("Be brief.", current_date="", current_location=""), HI]),
    Scenario("date_late", [BRIEF, HI, HELLO, system("Go on.", current_date="2025-01-01"), HI]),
    Scenario("foreign_fields", [user("Hi", weight=0, train=False), says("Hello!", index=3)]),
]

ALL = [*ORDER, *CONTENT, *FIELDS]
