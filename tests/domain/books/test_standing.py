"""Tiers from the days of an account (semantics 20)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.books.standing import Counted, Standing, next_level, standing, window_start
from loyaltyd.domain.engine.program import Tiers
from tests.domain.receipts import program, rub

LEVELS = 'levels = [{ id = "start", from = "0" }, { id = "gold", from = "60000.00" }]'
DEMOTIONS = ("month-end", "immediately", "year-end", "never")
WINDOWS = ("rolling-12mo", "calendar-year", "lifetime", "rolling-30d")


def tiers(window: str = "rolling-12mo", demote: str = "month-end") -> Tiers:
    found = program(f'[tiers]\nwindow = "{window}"\ndemote = "{demote}"\n{LEVELS}\n').tiers
    assert found is not None
    return found


def bought(day: dt.date, amount: str) -> Counted:
    return Counted(date=day, since=day, amount=rub(amount))


DAYS = (
    bought(dt.date(2025, 3, 10), "30000.00"),
    bought(dt.date(2025, 11, 20), "40000.00"),
    bought(dt.date(2026, 2, 15), "20000.00"),
)
FEBRUARY = dt.date(2026, 2, 15)


@pytest.mark.parametrize(
    ("window", "measure", "tier"),
    [
        ("calendar-year", "20000.00", "start"),
        ("rolling-12mo", "90000.00", "gold"),
        ("lifetime", "90000.00", "gold"),
    ],
)
def test_the_window_decides_which_days_count(window: str, measure: str, tier: str) -> None:
    # semantics 20, on 15 Feb 2026; "immediately" leaves nothing held from before
    found = standing(DAYS, tiers(window, "immediately"), FEBRUARY)
    assert found == Standing(tier=tier, measure=rub(measure))


def test_reaching_a_level_exactly_is_enough() -> None:
    # semantics 20: on 11 Mar 2026 rolling is 60 000 exactly
    found = standing(DAYS, tiers(demote="immediately"), dt.date(2026, 3, 11))
    assert found == Standing(tier="gold", measure=rub("60000.00"))
    below = (*DAYS[:2], bought(FEBRUARY, "19999.99"))
    assert standing(below, tiers(demote="immediately"), dt.date(2026, 3, 11)).tier == "start"


FALLS = dt.date(2026, 3, 11)  # the day on which the first purchase has left the window
ALMOST = (DAYS[0], bought(dt.date(2025, 11, 20), "40000.00"))


@pytest.mark.parametrize(
    ("demote", "last"),
    [
        ("immediately", dt.date(2026, 3, 10)),
        ("month-end", dt.date(2026, 3, 31)),
        ("year-end", dt.date(2026, 12, 31)),
    ],
)
def test_a_tier_is_held_until_the_review(demote: str, last: dt.date) -> None:
    policy = tiers(demote=demote)
    assert standing(ALMOST, policy, last).tier == "gold"
    assert standing(ALMOST, policy, last + dt.timedelta(days=1)).tier == "start"


def test_a_tier_that_never_falls_is_held_for_ever() -> None:
    assert standing(ALMOST, tiers(demote="never"), dt.date(2040, 1, 1)).tier == "gold"


def test_a_return_lowers_the_sum_and_demotes_only_at_the_next_review() -> None:
    sold = bought(dt.date(2026, 5, 4), "60000.00")
    back = Counted(date=sold.date, since=dt.date(2026, 5, 20), amount=-1)
    days = (sold, back)
    assert standing(days, tiers(), dt.date(2026, 5, 20)) == Standing(
        tier="gold", measure=rub("59999.99")
    )
    assert standing(days, tiers(), dt.date(2026, 5, 31)).tier == "gold"
    assert standing(days, tiers(), dt.date(2026, 6, 1)).tier == "start"
    assert standing(days, tiers(demote="immediately"), dt.date(2026, 5, 20)).tier == "start"


def test_what_came_back_after_a_review_does_not_count_in_it() -> None:
    # a sale of February that comes back in March: on 28 February nobody knew
    sold = bought(dt.date(2026, 2, 20), "60000.00")
    back = Counted(date=sold.date, since=dt.date(2026, 3, 5), amount=-1)
    assert standing((sold, back), tiers(), dt.date(2026, 3, 31)).tier == "gold"
    assert standing((sold, back), tiers(), dt.date(2026, 4, 1)).tier == "start"


def test_goods_returned_on_the_day_of_their_sale_still_leave_the_tier_until_the_review() -> None:
    day = dt.date(2026, 5, 4)
    days = (bought(day, "60000.00"), Counted(date=day, since=day, amount=-rub("60000.00")))
    assert standing(days, tiers(), day).tier == "gold"
    assert standing(days, tiers(), dt.date(2026, 6, 1)).tier == "start"


def test_what_is_missing_to_the_next_level_is_said() -> None:
    policy = tiers()
    assert next_level(Standing(tier="start", measure=rub("47600.00")), policy) == (
        "gold",
        rub("12400.00"),
    )
    assert next_level(Standing(tier="gold", measure=0), policy) is None
    assert next_level(Standing(tier="", measure=0), None) is None


def test_a_tier_that_the_program_has_no_more_is_below_the_first() -> None:
    assert next_level(Standing(tier="bronze", measure=rub("10.00")), tiers()) == ("start", 0)


def test_what_was_reached_on_the_last_day_before_a_review_holds_until_the_next() -> None:
    day, policy = bought(dt.date(2026, 2, 28), "60000.00"), tiers("rolling-30d")
    assert standing([day], policy, dt.date(2026, 3, 31)) == Standing(tier="gold", measure=0)
    assert standing([day], policy, dt.date(2026, 4, 1)).tier == "start"


def test_a_review_sees_the_window_of_the_day_before_it() -> None:
    # 30 days before 28 February are 29 January
    policy, last = tiers("rolling-30d"), dt.date(2026, 3, 31)
    assert standing([bought(dt.date(2026, 1, 29), "60000.00")], policy, last).tier == "gold"
    assert standing([bought(dt.date(2026, 1, 28), "60000.00")], policy, last).tier == "start"


def test_the_first_day_of_the_window_counts_on_the_day_that_reaches_a_tier() -> None:
    reached = dt.date(2026, 3, 11)
    days = (bought(dt.date(2025, 3, 11), "30000.00"), bought(reached, "30000.00"))
    assert standing(days, tiers(), reached) == Standing(tier="gold", measure=rub("60000.00"))
    assert standing(days, tiers(), dt.date(2026, 3, 31)).tier == "gold"
    early = (bought(dt.date(2025, 3, 10), "30000.00"), days[1])
    assert standing(early, tiers(), dt.date(2026, 3, 31)).tier == "start"


def test_a_kopeck_less_was_never_enough_and_what_is_bought_later_is_not_known_yet() -> None:
    may = dt.date(2026, 5, 4)
    assert standing([bought(may, "59999.99")], tiers(), dt.date(2026, 5, 31)).tier == "start"
    assert standing([bought(may, "60000.00")], tiers(), dt.date(2026, 5, 3)).tier == "start"


def test_what_the_first_day_after_a_review_brought_counts_though_it_came_back_the_next() -> None:
    sold = bought(dt.date(2026, 3, 1), "60000.00")
    back = Counted(date=sold.date, since=dt.date(2026, 3, 2), amount=-1)
    assert standing((sold, back), tiers(), dt.date(2026, 3, 31)).tier == "gold"
    assert standing((sold, back), tiers(), dt.date(2026, 4, 1)).tier == "start"


def test_standing_looks_back_to_the_window_of_the_last_review() -> None:
    day = dt.date(2026, 3, 20)
    assert window_start(tiers("rolling-30d", "immediately"), day) == dt.date(2026, 2, 18)
    assert window_start(tiers("rolling-30d"), day) == dt.date(2026, 1, 29)
    assert window_start(tiers("calendar-year", "year-end"), day) == dt.date(2025, 1, 1)
    assert window_start(tiers(demote="never"), day) == dt.date.min
    assert window_start(None, day) == day


def test_without_tiers_nobody_has_one() -> None:
    assert standing(DAYS, None, FEBRUARY) == Standing(tier="", measure=0)


histories = st.lists(
    st.builds(
        lambda day, late, amount: Counted(
            date=day, since=day + dt.timedelta(days=late), amount=amount
        ),
        st.dates(dt.date(2023, 1, 1), dt.date(2026, 12, 31)),
        st.integers(0, 60),
        st.integers(-(10**6), 7 * 10**6),
    ),
    max_size=12,
)
moments = st.dates(dt.date(2025, 1, 1), dt.date(2027, 6, 1))


@given(histories, moments, st.sampled_from(WINDOWS), st.sampled_from(DEMOTIONS))
def test_only_days_since_the_windows_start_matter(
    history: list[Counted], on: dt.date, window: str, demote: str
) -> None:
    policy = tiers(window, demote)
    start = window_start(policy, on)
    kept = [it for it in history if it.date >= start]
    assert standing(history, policy, on) == standing(kept, policy, on)


@given(histories, moments, st.sampled_from(WINDOWS), st.sampled_from(DEMOTIONS))
def test_the_standing_does_not_depend_on_the_order_in_which_days_arrive(
    history: list[Counted], on: dt.date, window: str, demote: str
) -> None:
    policy = tiers(window, demote)
    assert standing(history[::-1], policy, on) == standing(history, policy, on)


@given(histories, moments, st.sampled_from(WINDOWS), st.sampled_from(DEMOTIONS))
def test_nobody_stands_below_what_the_window_holds(
    history: list[Counted], on: dt.date, window: str, demote: str
) -> None:
    policy = tiers(window, demote)
    found = standing(history, policy, on)
    order = [it.id for it in policy.levels]
    assert order.index(found.tier) >= order.index(policy.level(found.measure))


def plainly(spent: list[Counted], found: Tiers, on: dt.date) -> str:
    """The tier by asking every day anew, as semantics 20 puts it."""

    def level(day: dt.date, *, before_returns: bool) -> int:
        start = {
            "calendar": dt.date(day.year, 1, 1),
            "rolling": found.window.before(day) if found.window else dt.date.min,
        }["rolling" if found.window or not found.calendar_year else "calendar"]
        known = [
            it.amount
            for it in spent
            if start <= it.date
            and (it.since < day or (it.since == day and (it.amount >= 0 or not before_returns)))
        ]
        return max(n for n, it in enumerate(found.levels) if sum(known) >= it.floor or not n)

    reached = [level(on, before_returns=False)]
    if found.demote != "immediately":
        review = {"month-end": on.replace(day=1), "year-end": on.replace(month=1, day=1)}.get(
            found.demote, dt.date.min
        )
        if review > dt.date.min:
            reached.append(level(review - dt.timedelta(days=1), before_returns=False))
        days = {it.since for it in spent if review <= it.since <= on}
        reached += [level(day, before_returns=True) for day in days]
    return found.levels[max(reached)].id


@given(
    sales=st.lists(
        st.tuples(
            *(st.integers(0, 800), st.integers(0, 90), st.integers(0, 600)),
            *(st.integers(0, 90), st.integers(0, 600)),
        ),
        max_size=20,
    ),
    window=st.sampled_from(WINDOWS),
    demote=st.sampled_from(DEMOTIONS),
)
def test_one_pass_over_the_days_finds_what_asking_each_day_anew_does(
    sales: list[tuple[int, int, int, int, int]], window: str, demote: str
) -> None:
    first, on = dt.date(2024, 3, 1), dt.date(2026, 5, 20)
    spent = []
    for day, late, hundreds, later, back in sales:  # no more comes back than was sold
        date = first + dt.timedelta(days=day)
        for days, amount in ((late, hundreds), (late + later, -min(back, hundreds))):
            since = min(on, date + dt.timedelta(days=days))
            spent.append(Counted(date=date, since=since, amount=amount * 100_00))
    found = tiers(window, demote)
    assert standing(spent, found, on).tier == plainly(spent, found, on)
