"""Russia, as of January 2026."""

TEXT = """\
currency = "RUB"

# Article 16 bans any discount on tobacco, in whatever form, coupons among them, and what else
# stimulates its sale. Since 28 January 2021 it covers what contains nicotine (law 303-FZ of 31 July
# 2020), since 1 June 2023 the devices for it and their parts (law 178-FZ of 28 April 2023).
# Sources: consultant.ru, the comparison of the law's editions; prok-nch.ru/pages/6005; the notices
# of cgemo.ru and sergiev-posad-gid.ru on 178-FZ.
[entries.tobacco]
earn = false
discount = false
redeem = false
because = "Federal law 15-FZ, article 16: no discount on tobacco in any form"

[entries.nicotine]
from = 2021-01-28
earn = false
discount = false
redeem = false
because = "Federal law 15-FZ, article 16: no discount on what contains nicotine"

[entries.nicotine_devices]
from = 2023-06-01
earn = false
discount = false
redeem = false
because = "Federal law 15-FZ, article 16: no discount on devices for nicotine"

# Orders of the Ministry of Finance under article 5 of law 171-FZ set the least retail price of half
# a litre of spirits above 28 per cent by volume; another bottle's is in proportion. Those of 2026
# hold until the end of 2031. Sources: ria.ru and news.mail.ru of 19 December 2025; 5-tv.ru of
# 1 January 2026; sovch.chuvashia.com of December 2025; for 2025 also eastrussia.ru. They differ on
# whisky and rum, which no entry means.
[entries.vodka]
because = "Order of the Ministry of Finance: the least retail price of vodka"
floor_per_litres = [
    { from = 2025-01-01, price = "349.00", litres = "0.5" },
    { from = 2026-01-01, price = "409.00", litres = "0.5" },
]

[entries.brandy]
because = "Order of the Ministry of Finance: the least retail price of brandy"
floor_per_litres = [
    { from = 2025-01-01, price = "472.00", litres = "0.5" },
    { from = 2026-01-01, price = "605.00", litres = "0.5" },
]

[entries.cognac]
because = "Order of the Ministry of Finance: the least retail price of cognac"
floor_per_litres = [
    { from = 2025-01-01, price = "651.00", litres = "0.5" },
    { from = 2026-01-01, price = "755.00", litres = "0.5" },
]

# The order on sparkling wine took effect on 7 January 2023 and holds until the end of 2028.
# Sources: TASS of 28 December 2022; lenta.ru and online47.ru of 27 December 2022; ufa-news.net.
[entries.sparkling]
because = "Order of the Ministry of Finance: the least retail price of sparkling wine"
floor_per_litres = [{ from = 2023-01-07, price = "239.00", litres = "0.75" }]
"""
