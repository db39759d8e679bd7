"""Spellings of units that laboratories really use beside UCUM's. Case and spaces don't count.

A spelling that means two units (``G/L``: grams or 10⁹ a litre) is settled by the analyte, or not at all.
"""

from __future__ import annotations

SPELLINGS: dict[str, tuple[str, ...]] = {
    "g/dL": ("gm/dL", "g%", "g/100mL", "gm%"),
    "g/L": ("gm/L",),
    "mg/dL": ("mg%", "mg/100mL", "mgs/dL"),
    "ug/dL": ("mcg/dL", "ug%"),
    "ug/L": ("mcg/L",),
    "ug/mL": ("mcg/mL",),
    "umol/L": ("mcmol/L", "micromol/L", "umole/L"),
    "mmol/L": ("mmole/L", "mmoles/L", "millimol/L"),
    "mEq/L": ("meq/litre", "mequiv/L", "mval/L"),
    "mg/(24.h)": ("mg/24h", "mg/24hr", "mg/24hrs", "mg/24hours", "mg/{24h}", "mg/d", "mg/day"),
    "mmol/(24.h)": ("mmol/24h", "mmol/24hr", "mmol/24hrs", "mmol/24hours", "mmol/{24h}", "mmol/d", "mmol/day"),
    "mEq/(24.h)": ("meq/24h", "meq/24hr", "meq/24hrs", "meq/24hours", "meq/d", "meq/day"),
    "U/L": ("units/L", "unit/L", "[U]/L"),
    "m[IU]/L": ("mIU/L",),
    "u[IU]/mL": ("uIU/mL", "mcIU/mL"),
    "/uL": ("cells/uL", "cell/uL", "{cells}/uL", "/mm3", "cells/mm3", "/cumm", "/mcL"),
    "10*3/uL": (
        *("K/uL", "K/mcL", "k/mm3", "k/cumm", "thou/uL", "thousand/uL", "thousands/uL", "x10(3)/uL", "10(3)/uL"),
        *("10^3/uL", "x10^3/uL", "x10*3/uL", "10e3/uL", "x10e3/uL", "10^3/mm3", "10*3/mm3", "10^3/mcL", "thou/mm3"),
    ),
    "10*9/L": ("10^9/L", "x10^9/L", "x10*9/L", "10e9/L", "x10e9/L", "10(9)/L", "x10(9)/L", "10⁹/L", "G/L", "giga/L"),
    "10*6/uL": (
        *("M/uL", "M/mcL", "m/mm3", "mil/uL", "mill/uL", "million/uL", "millions/uL", "x10(6)/uL", "10(6)/uL"),
        *("10^6/uL", "x10^6/uL", "x10*6/uL", "10e6/uL", "x10e6/uL", "10^6/mm3", "10*6/mm3", "10^6/mcL"),
    ),
    "10*12/L": ("10^12/L", "x10^12/L", "x10*12/L", "10e12/L", "x10e12/L", "10(12)/L", "10¹²/L", "T/L", "tera/L"),
    "%": ("percent", "%{Hb}", "%Hb"),
    "mmol/mol": ("mmol/mol{Hb}", "mmol/molHb"),
    "mg/g": ("mg/g{creat}", "mg/gcreat", "mg/g{creatinine}", "mg/gcreatinine", "mg/gcr"),
    "mg/mmol": ("mg/mmol{creat}", "mg/mmolcreat", "mg/mmol{creatinine}", "mg/mmolcr"),
    "ng/mL{FEU}": ("ng/mL FEU", "ng/mL (FEU)"),
    "ug/L{FEU}": ("ug/L FEU", "ug/L (FEU)", "mcg/L FEU"),
    "mg/L{FEU}": ("mg/L FEU", "mg/L (FEU)"),
    "ug/mL{FEU}": ("ug/mL FEU", "ug/mL (FEU)", "mcg/mL FEU"),
    "kg": ("kgs", "kilogram", "kilograms"),
    "[lb_av]": ("lb", "lbs", "pounds"),
    "kg/m2": ("kg/m^2", "kg/m²", "kg/m*2", "kg/(m2)"),
    "mL/min/{1.73_m2}": (
        *("mL/min/1.73m2", "mL/min/1.73m^2", "mL/min/1.73m²", "mL/min/{1.73m2}", "mL/min/1.73_m2"),
        *("mL/min/1.73", "mL/min/1.73sqm"),
    ),
    "mm/h": ("mm/hr", "mm/hour", "mm/1h"),
    "mm[Hg]": ("mmHg", "mm(Hg)"),
    "{INR}": ("INR", "1", "ratio", "{ratio}"),
}
