"""From names of regions, as geo databases without codes write them, to the codes of ISO 3166-2."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

# What a region is, in the words of ISO's names and of the databases; none of it tells two regions of a country apart.
_KINDS: Final = frozenset(
    """
    and autonomous autonomnaya canton capital city county da de del departamento department district division do emirate
    governorate grad gwangyeoksi kray krai la land municipality of oblast parish prefecture province provincia region republic
    respublika sheng shi special state teukbyeolsi the voivodeship zizhiqu hsien
    """.split()
)
_LETTERS: Final = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "ə": "a", "'": "", "\u2019": "", "\u02bb": ""}
)
_WORD: Final = re.compile(r"[a-z0-9]+")
_ASIDE: Final = re.compile(r"\s*[(\[].*?[)\]]")

_Words = frozenset[str]

# What the packaged city databases call regions whose name in ISO 3166-2 is in another language, or another one: by country,
# each code before its names. Where a database divides a country less finely than ISO, its part has the code of the whole.
_OTHER_NAMES: Final = """
AE AZ Abu Dhabi, DU Dubai, SH Sharjah
AM ER Yerevan
AR C Buenos Aires F.D.
AT 2 Carinthia, 3 Lower Austria, 4 Upper Austria, 6 Styria, 7 Tyrol, 9 Vienna, 9 State of Vienna
AU ACT ACT
BD A Barishal, B Chattogram, B Chittagong, C Dhaka, C Dhaka Division, D Khulna, E Rajshahi, F Rangpur, G Sylhet
BD H Mymensingh
BE BRU Brussels Capital, VLG Flanders, WAL Wallonia
BG 22 Sofia-grad
BR DF Federal District
BY BR Brest, HM Minsk City, MA Mogilev, MI Minsk, VI Vitebsk
CH BE Bern, BS Basel-City, GE Geneva, GR Grisons, LU Lucerne, SG Saint Gall
CL LI O'Higgins Region, RM Santiago Metropolitan
CN GX Guangxi, NM Inner Mongolia, NX Ningxia, XJ Xinjiang, XZ Tibet
CO DC Bogota D.C.
CU 03 Havana
CZ 10 Prague, 20 Central Bohemia, 32 Plzen Region, 53 Pardubicky, 63 Vysocina, 64 South Moravian, 71 Olomoucky
CZ 80 Moravian-Silesian Region, 80 Moravskoslezsky
DE BY Bavaria, HB Free Hanseatic City of Bremen, HE Hesse, HH Free and Hanseatic City of Hamburg, NI Lower Saxony
DE NW North Rhine-Westphalia, RP Rhineland-Palatinate, SN Saxony, ST Saxony-Anhalt, TH Thuringia
DK 81 North Denmark, 82 Central Jutland, 83 South Denmark, 84 Capital Region, 85 Zealand
DZ 16 Algiers
EG ALX Alexandria, BA Red Sea, BH Beheira, C Cairo, DK Dakahlia, DT Damietta, FYM Faiyum, GH Gharbia, GZ Giza, KB Qalyubia
EG MN Minya, MNF Monufia, SHR Sharqia
ES AN Andalusia, CB Cantabria, CL Castille and Leon, CM Castille-La Mancha, CN Canary Islands, CT Catalonia, IB Balearic Islands
ES NC Navarre, PV Basque Country, RI La Rioja
FI 02 South Karelia, 03 South Ostrobothnia, 04 South Savo, 08 Central Finland, 10 Lapland, 12 Ostrobothnia
FI 14 North Ostrobothnia, 15 North Savo, 19 Southwest Finland
FR 20R Corsica, ARA Rhone-Alpes, BFC Bourgogne, BRE Brittany, NAQ New Aquitaine, NOR Normandy, PAC Provence
GR A East Macedonia and Thrace, B Central Macedonia, E Thessaly, G West Greece, H Central Greece, I Attica, J Peloponnese
GR L South Aegean, M Crete
ID JB West Java, JI East Java, JK Jakarta, JT Central Java, MA Maluku, PA Papua
ID SN South Sulawesi, SS South Sumatra, SU North Sumatra
IL D Southern District, HA Haifa, JM Jerusalem, M Central District, TA Tel Aviv, Z Northern District
IR 01 East Azerbaijan, 02 West Azerbaijan, 09 Razavi Khorasan, 10 Isfahan
IT 21 Piedmont, 23 Aosta Valley, 25 Lombardy, 52 Tuscany, 57 The Marches, 75 Apulia, 77 Basilicate, 82 Sicily, 88 Sardinia
KR 42 Gangwon-do, 43 North Chungcheong, 49 Jeju-do
MX COA Coahuila, MIC Michoacan, VER Veracruz
MY 07 Penang, 14 Kuala Lumpur
NG FC FCT
NL FR Friesland, NB North Brabant, NH North Holland, ZH South Holland
NO 30 Akershus, 30 Buskerud, 30 Ostfold, 38 Telemark, 38 Vestfold, 54 Troms
NZ MWT Manawatu-Wanganui, WGN Wellington, WGN Wellington Region
PL 02 Lower Silesia, 06 Lublin, 08 Lubusz, 10 Lodz Voivodeship, 12 Lesser Poland, 14 Mazovia, 16 Opole Voivodeship
PL 18 Subcarpathia, 20 Podlasie, 22 Pomerania, 24 Silesia, 28 Warmia-Masuria, 30 Greater Poland, 32 West Pomerania
PT 11 Lisbon, 30 Madeira
RO B Bucharest
RU AMU Amur Oblast, BEL Belgorod Oblast, BRY Bryansk Oblast, CHE Chelyabinsk, CU Chuvash Republic, IRK Irkutsk Oblast
RU IVA Ivanovo Oblast, KDA Krasnodar Krai, KEM Kemerovo Oblast, KEM Kuzbass, KGD Kaliningrad Oblast, KHA Khabarovsk
RU KHM Khanty-Mansia, KIR Kirov Oblast, KLU Kaluga Oblast, KRS Kursk Oblast, KYA Krasnoyarsk Krai, LIP Lipetsk Oblast
RU MOS Moscow Oblast, MOW Moscow, MUR Murmansk, NGR Novgorod Oblast, NIZ Nizhny Novgorod Oblast, NVS Novosibirsk Oblast
RU OMS Omsk Oblast, ORE Orenburg Oblast, PER Perm Krai, PNZ Penza Oblast, PRI Primorye, PSK Pskov Oblast, ROS Rostov
RU RYA Ryazan Oblast, SA Sakha, SAK Sakhalin Oblast, SAM Samara Oblast, SAR Saratov Oblast, SPE St.-Petersburg
RU STA Stavropol Kray, SVE Sverdlovsk, SVE Sverdlovsk Oblast, TAM Tambov Oblast, TOM Tomsk Oblast, TUL Tula Oblast
RU TVE Tver Oblast, TYU Tyumen Oblast, UD Udmurtiya Republic, ULY Ulyanovsk, VGG Volgograd Oblast, VLA Vladimir
RU VLA Vladimir Oblast, VLG Vologda Oblast, VOR Voronezh Oblast, YAR Yaroslavl Oblast
SA 01 Riyadh Region, 02 Mecca Region, 03 Medina Region, 04 Eastern Province, 12 Al Jouf
SE AB Stockholm, AC Vasterbotten, BD Norrbotten, C Uppsala, D Sodermanland, E Ostergotland, F Jonkoping, G Kronoberg
SE H Kalmar, I Gotland, K Blekinge, M Skane, N Halland, O Vastra Gotaland, S Varmland, T Orebro, U Vastmanland, W Dalarna
SE X Gavleborg, Y Vasternorrland, Z Jamtland
SK BC Banska Bystrica Region, BL Bratislava, BL Bratislava Region, KI Kosice Region, NI Nitra Region, PV Presov Region
SK TA Trnava Region, TC Trencin Region, ZI Zilina Region
TH 10 Bangkok
UA 05 Vinnytsia, 12 Dnipropetrovsk, 14 Donetsk, 23 Zaporizhzhia, 35 Kirovohrad, 46 Lviv, 48 Mykolaiv, 51 Odesa, 53 Poltava
UA 61 Ternopil, 68 Khmelnytskyi, 71 Cherkasy
UZ TK Tashkent
VN HN Hanoi
"""


def codes_by_name(country: str, regions: Mapping[str, str]) -> dict[str | _Words, str]:
    """The codes of a country's ``regions`` (names by code), by each name as it is written and by the words that tell a region
    apart. What several regions are called says nothing, unless it is among the other names."""
    found: dict[str | _Words, str] = {}
    ambiguous: set[str | _Words] = {frozenset()}
    for code, name in regions.items():
        for key in (name, _telling_words(name)):
            if found.setdefault(key, code) != code:
                ambiguous.add(key)
    return {key: code for key, code in found.items() if key not in ambiguous} | other_names(country)


def other_names(country: str) -> dict[str, str]:
    """The codes of a country's regions by names that are not ISO's."""
    lines = [line[3:] for line in _OTHER_NAMES.splitlines() if line.startswith(f"{country} ")]
    pairs = [entry.split(" ", 1) for line in lines for entry in line.split(", ")]
    return {name: code for code, name in pairs}


def code_in(codes: Mapping[str | _Words, str], name: str) -> str:
    """The code of the region that a database calls ``name``; "" when that cannot be told for sure."""
    return codes.get(name) or codes.get(_telling_words(name), "")


def _telling_words(name: str) -> _Words:
    """Lower case, without accents, without what is in brackets, and without the words for kinds of regions."""
    plain = unicodedata.normalize("NFKD", _ASIDE.sub("", name).casefold().translate(_LETTERS))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return frozenset(_WORD.findall(letters)) - _KINDS
