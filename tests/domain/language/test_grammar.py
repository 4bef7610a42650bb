"""Each key of the language: what it may hold, what is said otherwise, and what isn't built yet."""

from __future__ import annotations

import re

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.toml import Fault
from tests.domain.program_samples import GOOD, changed

VODKA = "classes.vodka.match.category[1]"
MILK, FIVE = 'rules[1] "milk-10"', 'rules[2] "five-off"'
WALLET = "[wallets.w]\nscale = 0\n"
RULE = '\n[[rules]]\nid = "x"\nlayer = "item"\n'
OFF = 'give = { percent_off = "10%" }\n'


def faults_of(text: str) -> tuple[Fault, ...]:
    found = program_from(text)
    assert not isinstance(found, Program), "the program was read"
    return found


def test_the_program_that_uses_every_key_is_read() -> None:
    assert isinstance(program_from(GOOD), Program)


# (what is written in GOOD, what instead, the key that is named, a part of what is allowed)
WRONG = [
    ('id = "zelenka"', 'id = ""', "id", "must be 1 to 64 of"),
    ('id = "zelenka"', 'id = "a b"', "id", "must be 1 to 64 of"),
    ("version = 12", "version = 0", "version", "at least 1"),
    ("version = 12", "version = 12.0", "version", "must be a whole number"),
    ("version = 12", "version = true", "version", "must be a whole number"),
    ("version = 12", "version = 2147483649", "version", "at most"),
    ('currency = "RUB"', 'currency = "rub"', "currency", "three letters"),
    ('currency = "RUB"', "currency = 643", "currency", 'such as "RUB"'),
    ("starts = 2026-12-01", 'starts = "2026-12-01"', "starts", "must be a date such as"),
    ("starts = 2026-12-01", "starts = 2026-12-01T00:00:00", "starts", "must be a date such as"),
    ("starts = 2026-12-01", "starts = 2026-12-01T00:00:00Z", "starts", "must be a date such as"),
    ('discount = "half-up"', 'discount = "half-even"', "rounding.discount", '"half-up"'),
    ('points = "half-up"', 'points = "ceil"', "rounding.points", '"floor" or "half-up"'),
    ('spread = "first-lines"', 'spread = "first-line"', "rounding.spread", "did you mean"),
    ('floor = "lose"', 'floor = "loose"', "rounding.floor", 'did you mean "lose"'),
    ('kind = "bonus"', 'kind = "bonuses"', 'cards[1] "bonuses".kind', 'did you mean "bonus"'),
    ('prefix = "2990"', "prefix = 2990", 'cards[1] "bonus".prefix', 'such as "2990"'),
    ('prefix = "2990"', 'prefix = "29x0"', 'cards[1] "bonus".prefix', "1 to 12 digits"),
    ('prefix = "2990"', 'prefix = "٢٩٩٠"', 'cards[1] "bonus".prefix', "1 to 12 digits"),
    ('prefix = "2990"', 'prefix = ""', 'cards[1] "bonus".prefix', "1 to 12 digits"),
    ("length = 13", "length = 3", 'cards[1] "bonus".length', "at least 4"),
    ("length = 13", "length = 20", 'cards[1] "bonus".length', "at most 19"),
    ("length = 13", "length = 14", 'cards[1] "bonus"', "needs a length of 8, 12 or 13"),
    ('check = "ean13"', 'check = "ean"', 'cards[1] "bonus".check', '"ean13", "luhn" or "none"'),
    ('"barcode", "magstripe"', '"barcod"', 'cards[1] "bonus".media[1]', '"barcode"'),
    ('["barcode", "magstripe"]', "[]", 'cards[1] "bonus"', "at least one medium"),
    ('enrol = "issued-only"', 'enrol = "issued"', 'cards[1] "bonus".enrol', '"issued-only"'),
    ('discount = "7.5%"', "", 'cards[2] "discount"', "a discount card has a discount"),
    ('discount = "7.5%"', 'discount = "101%"', 'cards[2] "discount"', "at most 100%"),
    ('discount = "7.5%"', 'discount = "-5%"', 'cards[2] "discount".discount', "below zero"),
    ('discount = "7.5%"', "discount = 7.5", 'cards[2] "discount".discount', 'such as "30%"'),
    ('discount = "7.5%"', 'discount = "7.5"', 'cards[2] "discount".discount', 'such as "30%"'),
    ('prefix = "7700"', 'prefix = "770077007700"\nlength = 12', "", "Cannot overwrite a value"),
    ("scale = 2", "scale = 7", "wallets.bonus.scale", "at most 6"),
    ("scale = 2", "scale = -1", "wallets.bonus.scale", "at least 0"),
    ("scale = 2", "", "wallets.bonus.scale", "is missing"),
    ("[wallets.bonus]", '[wallets."a b"]', 'wallets."a b"', "must be 1 to 64 of"),
    ('ru = "Бонусы"', 'de = "Bonus"', "wallets.bonus.name.de", '"ru" or "en"'),
    ('redeem_rate = "0.50"', "redeem_rate = 0.5", "wallets.bonus.redeem_rate", "a string"),
    ('redeem_rate = "0.50"', 'redeem_rate = "0"', "wallets.bonus.redeem_rate", "above zero"),
    ('redeem_rate = "0.50"', 'redeem_rate = "-1"', "wallets.bonus.redeem_rate", "above zero"),
    ('points_as = "tender"', 'points_as = "cash"', "wallets.bonus.points_as", '"tender"'),
    ('max_share = "30%"', "max_share = 30", "wallets.bonus.max_share", 'such as "30%"'),
    ('min_redeem = "10.00"', 'min_redeem = "-1"', "wallets.bonus.min_redeem", "an amount"),
    ('step = "0.10"', "step = 0.1", "wallets.bonus.step", 'such as "100.00"'),
    ('earn_base = "gross"', 'earn_base = "net"', "wallets.bonus.earn_base", "net-of-points"),
    ('activates = "14d"', "activates = 14", "wallets.bonus.activates", 'such as "14d"'),
    ('activates = "14d"', 'activates = "2w"', "wallets.bonus.activates", 'such as "14d"'),
    ('"6mo after month-end"', '"200y"', "wallets.bonus.expires", "a hundred years"),
    ('debt = "clamp"', 'debt = "deny"', "wallets.bonus.debt", '"only-pending"'),
    ('"floor-of-refund"', '"floor"', "wallets.bonus.clawback", "floor-of-refund"),
    ('restore = "reissue"', 'restore = "always"', "wallets.bonus.restore", '"reissue"'),
    ('policy = "last-known"', 'policy = "last"', "wallets.bonus.offline.policy", '"last-known"'),
    ('measure = "spend"', 'measure = "spent"', "tiers.measure", '"spend", "points" or "visits"'),
    ('measure = "spend"', 'measure = "points"', "tiers", 'a wallet goes with measure = "points"'),
    ('measure = "spend"', 'wallet = "bonus"', "tiers", 'a wallet goes with measure = "points"'),
    ('window = "rolling-12mo"', 'window = "12mo"', "tiers.window", '"calendar-year"'),
    ('"rolling-12mo"', '"rolling-1y after month-end"', "tiers.window", '"rolling-12mo"'),
    ('"rolling-12mo"', '"rolling-"', "tiers.window", "must be a span"),
    ('demote = "year-end"', 'demote = "daily"', "tiers.demote", '"month-end"'),
    ("counts_current = false", 'counts_current = "no"', "tiers.counts_current", "true or false"),
    ('levels = [{ id = "start", from = "0" }, ', "levels = 7 #", "tiers.levels", "an array"),
    ('from = "60000.00"', "from = 60000", 'tiers.levels[2] "gold".from', 'such as "100.00"'),
    ('category = ["alcohol/vodka", ', 'category = ["*", ', VODKA, "or"),
    ('category = ["alcohol/vodka", ', 'category = ["a/*/b", ', VODKA, "or"),
    ('category = ["alcohol/vodka", ', 'category = ["a/", ', VODKA, "or"),
    ('["msk-*", "mo-001"]', "[]", "regions.moscow", "at least 1 items"),
    ('"msk-*"', '"*"', "regions.moscow[1]", '"msk-*" for all that begin so'),
    ('"msk-*"', '"m*k"', "regions.moscow[1]", 'such as "msk-017"'),
    ('"msk-*"', "17", "regions.moscow[1]", 'such as "msk-*"'),
    ('tags = ["a"]', 'tags = [""]', "classes.vodka.match.tags[1]", "at least 1 char"),
    ('tags = ["a"]', 'tags = "a"', "classes.vodka.match.tags", "an array"),
    ('tags = ["a"]', 'name = ["a"]', "classes.vodka.match.name", "unknown key"),
    ("until = 2030-12-31", "until = 2023-12-31", "classes.vodka", "until lies before from"),
    ("from = 2024-01-01", 'from = "2024"', "classes.vodka.from", "must be a date such as"),
    ('region = ["moscow"]', "region = []", "classes.vodka.region", "at least 1 items"),
    ('on = { class = "vodka" }', 'on = { class = "vodka", sku = ["1"] }', FIVE + ".on", "alone"),
    ("earn = false", "earn = 0", "classes.vodka.earn", "true or false"),
    ("because = ", "becuase = ", "classes.vodka.becuase", 'did you mean "because"'),
    ("{ from = 2025-01-01", "{ from = 2025", "classes.vodka.floor_price[1].from", "a date"),
    ('"349.00"', "349", "classes.vodka.floor_price[1].price", 'such as "100.00"'),
    ('pick = "all"', 'pick = "every"', "groups.item.pick", '"best", "first" or "all"'),
    ('base = "original"', 'base = "gross"', "groups.item.base", '"cascade" or "original"'),
    ('layer = "item"', 'layer = "items"', MILK + ".layer", 'did you mean "item"'),
    ('layer = "receipt"', "", FIVE + ".layer", "is missing"),
    ('id = "five-off"', 'id = "card"', 'rules[2] "card"', "a discount card's own percentage"),
    ('tier = ["gold"]', "tier = []", MILK + ".when.tier", "at least 1 items"),
    ('weekday = ["sat"]', "weekday = []", MILK + ".when.weekday", "at least 1 items"),
    ('["sat"]', '["saturday"]', MILK + ".when.weekday[1]", '"sat" or "sun"'),
    ('"09:00-12:00"', '"9-12"', MILK + ".when.time", '"09:00-12:00"'),
    ('"09:00-12:00"', '"09:00-24:30"', MILK + ".when.time", '"09:00-12:00"'),
    ('"09:00-12:00"', '"09:00-09:00"', MILK + ".when.time", "is empty"),
    ('on = { category = ["dairy/*"] }', "on = {}", MILK + ".on", "category, sku or tags"),
    ('percent_off = "10%", ', "", MILK + ".give", "must hold one of"),
    ('percent_off = "10%"', 'percent_off = "101%"', MILK + ".give", "at most 100%"),
    ('amount_off = "5.00"', 'amount_off = "5.00", max = "1"', FIVE + ".give", "max goes"),
    ('amount_off = "5.00"', 'amount_off = "5.00", earn = "bonus"', FIVE + ".give", "one of"),
    ('amount_off = "5.00"', 'earn = "bonus"', FIVE + ".give", "earn goes with one of"),
    ('percent = "500%"', "percent = 5", 'rules[3] "base-earn".give.percent', 'such as "30%"'),
    ('layer = "points"', 'layer = "item"', 'rules[3] "base-earn"', "in the layer points"),
    ("{amount} off", "{amout} off", MILK + ".say.customer.en", "{amount} and {holder}"),
    ("{amount} off", "{ off", MILK + ".say.customer.en", "{amount} and {holder}"),
    ("{amount} off", " ", MILK + ".say.customer.en", "1 to 200 characters"),
    ("cashier = {", "cashiers = {", MILK + ".say.cashiers", '"cashier", "customer" or'),
    ("[rounding]", "[roundings]", "roundings", 'did you mean "rounding"'),
    ("[[rules]]", "[rules]", "", "is not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "allowed"), WRONG)
def test_a_fault_names_its_line_its_key_and_what_is_allowed(
    old: str, new: str, key: str, allowed: str
) -> None:
    text, number = changed(old, new)
    found = faults_of(text)
    assert [fault for fault in found if fault.key == key and allowed in fault.message], found
    if new and not new.startswith("["):
        assert any(abs((fault.line or 0) - number) <= 9 for fault in found), found


REGION = "moscow"  # any name may stand there
KEYS = sorted(set(re.findall(r"\b([a-z_]+) = ", GOOD)) - {REGION})


@pytest.mark.parametrize("key", KEYS)
def test_a_misspelt_key_is_named_with_its_line_and_the_nearest_key(key: str) -> None:
    text = re.sub(rf"\b{key} = ", f"{key}x = ", GOOD, count=1)
    number = text[: text.index(f"{key}x = ")].count("\n") + 1
    near = [it for it in faults_of(text) if re.search(rf"(^|\.){key}x$", it.key)]
    assert [fault.line for fault in near] == [number]
    assert f'"{key}"' in near[0].message  # "did you mean", or among the choices


VALUES = [line for line in GOOD.splitlines() if re.match(r"[a-z_]+ = ", line)]


@pytest.mark.parametrize(
    "value", ["-1.5", "[[]]", "{ a = 1 }", "1979-05-27T07:32:00Z", '"\\u0000"']
)
@pytest.mark.parametrize("line", VALUES)
def test_a_value_of_another_kind_is_refused_at_its_own_line(line: str, value: str) -> None:
    name = line.split(" = ", maxsplit=1)[0]
    if value == '"\\u0000"' and name in {"name", "because"}:
        return  # free text
    text, number = changed(line, f"{name} = {value}")
    found = faults_of(text)
    assert any(fault.line == number and name in fault.key for fault in found), found
    assert all(fault.message and fault.line is not None for fault in found)


def _cards(kind: str, more: str = "") -> str:
    return f'[[cards]]\nkind = "{kind}"\nprefix = "1"\nlength = 13\n{more}\n'


# (a piece of the language, where its key stands, what is named): semantics' and the example's words
LATER = [
    *(
        (WALLET + f'offline = {{ policy = "{it}" }}\n', "wallets.w.offline.policy", f'"{it}"')
        for it in ("floor", "escrow", "hybrid")
    ),
    (RULE.replace("item", "stored value") + OFF, 'rules[4] "x".layer', '"stored value"'),
    *(
        (f'{RULE}{OFF}{it} = "y"\n', f'rules[4] "x".{it}', it)
        for it in ("event", "sequence", "referral", "offer")
    ),
    ('[coalition]\npartners = ["y"]\n', "coalition", "coalition"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "name"), LATER)
def test_what_is_not_built_is_refused_by_name_at_its_line(text: str, key: str, name: str) -> None:
    found = [fault for fault in faults_of(f"{GOOD}\n{text}") if fault.key == key]
    assert [fault.message for fault in found] == [f"not built in this version of loyaltyd: {name}"]
    assert (found[0].line or 0) > GOOD.count("\n")


def test_a_card_is_read_by_any_medium_unless_the_program_says_which() -> None:
    def media(more: str) -> tuple[str, ...]:
        program = program_from(f"{GOOD}\n{_cards('bonus', more)}")
        assert isinstance(program, Program)
        return program.ranges[-1].media

    assert media("") == ("barcode", "magstripe", "contactless")
    assert media('media = ["uid"]') == ("uid",)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('layer = "coupon"\n', "a rule of the layer coupon says in when which coupon it is for"),
        ('layer = "item"\nlimit = { per_coupon = 1 }\n', "per_coupon goes with a coupon in when"),
        (
            'layer = "item"\nlimit = { per_coupon = 1 }\nwhen = { any = [{ coupon = "A" }] }\n',
            "per_coupon goes with a coupon in when",
        ),
    ],
)
def test_what_counts_a_coupon_says_which(rule: str, said: str) -> None:
    (fault,) = faults_of(f'{GOOD}\n[[rules]]\nid = "x"\n{OFF}{rule}')
    assert (fault.key, fault.message) == ('rules[4] "x"', said)
