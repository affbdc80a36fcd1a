//! The closed code lists of the format (specification, section 5) as enums.
//!
//! Here: one enum per list, its official codes and meanings. Not here: the
//! rules that say which code may stand beside which other (see `check`).

use std::fmt;

/// Declares a closed list once: variant, official code, meaning.
macro_rules! code_list {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $code:literal $meaning:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $code, "`: ", $meaning, ".")] $variant,)+
        }

        impl $name {
            /// Every code of the list, in official order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Every official code, in official order.
            pub const CODES: &'static [&'static str] = &[$($code,)+];

            /// The official code, as it is written in the file.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What the code means, in a few words.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }

            /// The entry with this official code, exactly as written.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|entry| entry.as_str() == code)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

code_list! {
    /// `FormatoTrasmissione` (1.1.3) of the ordinary format.
    Format {
        Fpr12 "FPR12" "to a private party",
        Fpa12 "FPA12" "to a public body",
    }
}

code_list! {
    /// `TipoDocumento` (2.1.1.1): twenty of the ordinary format, then three of the simplified one.
    DocumentType {
        Td01 "TD01" "invoice",
        Td02 "TD02" "advance on invoice",
        Td03 "TD03" "advance on fee note",
        Td04 "TD04" "credit note",
        Td05 "TD05" "debit note",
        Td06 "TD06" "fee note",
        Td16 "TD16" "integration for internal reverse charge",
        Td17 "TD17" "integration or self-invoice for services from abroad",
        Td18 "TD18" "integration for intra-EU goods",
        Td19 "TD19" "integration or self-invoice for goods under art. 17 c. 2",
        Td20 "TD20" "self-invoice to regularise",
        Td21 "TD21" "self-invoice for exceeding the plafond",
        Td22 "TD22" "extraction from a VAT warehouse",
        Td23 "TD23" "extraction from a VAT warehouse with payment of VAT",
        Td24 "TD24" "deferred invoice, art. 21 c. 4 a)",
        Td25 "TD25" "deferred invoice, art. 21 c. 4 b)",
        Td26 "TD26" "sale of depreciable assets and internal transfers",
        Td27 "TD27" "self-consumption and free transfers",
        Td28 "TD28" "purchases from San Marino with VAT on paper",
        Td29 "TD29" "report of an omitted or irregular invoice",
        Td07 "TD07" "simplified invoice",
        Td08 "TD08" "simplified credit note",
        Td09 "TD09" "simplified debit note",
    }
}

impl DocumentType {
    /// `TipoDocumento` of the ordinary format.
    pub const ORDINARY: &'static [&'static str] = Self::CODES.split_at(20).0;
    /// `TipoDocumento` of the simplified format.
    pub const SIMPLIFIED: &'static [&'static str] = Self::CODES.split_at(20).1;

    /// Whether it belongs to the simplified format.
    #[must_use]
    pub const fn is_simplified(self) -> bool {
        matches!(self, Self::Td07 | Self::Td08 | Self::Td09)
    }

    /// Whether the buyer makes it of what a supplier invoiced, or should have: the supplier stands as the seller.
    #[must_use]
    pub const fn is_integration(self) -> bool {
        matches!(
            self,
            Self::Td16
                | Self::Td17
                | Self::Td18
                | Self::Td19
                | Self::Td20
                | Self::Td22
                | Self::Td23
                | Self::Td28
                | Self::Td29
        )
    }

    /// Whether seller and buyer are the same.
    #[must_use]
    pub const fn is_to_oneself(self) -> bool {
        matches!(self, Self::Td21 | Self::Td27)
    }

    /// Whether it takes back what another document says, with positive amounts.
    #[must_use]
    pub const fn is_credit_note(self) -> bool {
        matches!(self, Self::Td04 | Self::Td08)
    }
}

code_list! {
    /// `RegimeFiscale` (1.2.1.8).
    TaxRegime {
        Rf01 "RF01" "ordinary",
        Rf02 "RF02" "minimi",
        Rf04 "RF04" "agriculture and fishing",
        Rf05 "RF05" "salt and tobacco",
        Rf06 "RF06" "matches",
        Rf07 "RF07" "publishing",
        Rf08 "RF08" "public telephony",
        Rf09 "RF09" "resale of transport and parking tickets",
        Rf10 "RF10" "entertainment and games",
        Rf11 "RF11" "travel agencies",
        Rf12 "RF12" "agritourism",
        Rf13 "RF13" "door-to-door sales",
        Rf14 "RF14" "used goods, art, antiques, collectables",
        Rf15 "RF15" "auction agencies",
        Rf16 "RF16" "VAT on cash, public administration",
        Rf17 "RF17" "VAT on cash, art. 32-bis D.L. 83/2012",
        Rf18 "RF18" "other",
        Rf19 "RF19" "forfettario",
        Rf20 "RF20" "cross-border VAT exemption scheme",
    }
}

code_list! {
    /// `Natura` (2.2.1.14, 2.2.2.2, 2.1.1.7.7): why there is no VAT.
    Natura {
        N1 "N1" "excluded, art. 15",
        N2 "N2" "not subject, refused since 2021",
        N21 "N2.1" "not subject, arts. 7 to 7-septies",
        N22 "N2.2" "not subject, other",
        N3 "N3" "not taxable, refused since 2021",
        N31 "N3.1" "exports",
        N32 "N3.2" "intra-EU supplies",
        N33 "N3.3" "supplies to San Marino",
        N34 "N3.4" "operations treated as exports",
        N35 "N3.5" "declaration of intent",
        N36 "N3.6" "other operations outside the plafond",
        N4 "N4" "exempt",
        N5 "N5" "margin scheme or VAT not shown",
        N6 "N6" "reverse charge, refused since 2021",
        N61 "N6.1" "reverse charge, scrap",
        N62 "N6.2" "reverse charge, gold and silver",
        N63 "N6.3" "reverse charge, construction subcontracts",
        N64 "N6.4" "reverse charge, buildings",
        N65 "N6.5" "reverse charge, mobile phones",
        N66 "N6.6" "reverse charge, electronic products",
        N67 "N6.7" "reverse charge, building-sector services",
        N68 "N6.8" "reverse charge, energy sector",
        N69 "N6.9" "reverse charge, other",
        N7 "N7" "VAT paid in another EU state",
    }
}

impl Natura {
    /// The umbrella codes that are refused for documents of 2021 and later (00445).
    #[must_use]
    pub const fn is_umbrella(self) -> bool {
        matches!(self, Self::N2 | Self::N3 | Self::N6)
    }

    /// The reverse-charge family, N6 and N6.x.
    #[must_use]
    pub fn is_reverse_charge(self) -> bool {
        self.as_str().starts_with("N6")
    }

    /// Whether the amount counts towards the stamp-duty threshold (specification, section 14).
    #[must_use]
    pub const fn counts_for_stamp_duty(self) -> bool {
        matches!(self, Self::N1 | Self::N21 | Self::N22 | Self::N35 | Self::N36 | Self::N4)
    }
}

code_list! {
    /// `CondizioniPagamento` (2.4.1).
    PaymentTerms {
        Tp01 "TP01" "instalments",
        Tp02 "TP02" "in full",
        Tp03 "TP03" "advance",
    }
}

code_list! {
    /// `ModalitaPagamento` (2.4.2.2).
    PaymentMethod {
        Mp01 "MP01" "cash",
        Mp02 "MP02" "cheque",
        Mp03 "MP03" "banker's draft",
        Mp04 "MP04" "cash at the Treasury",
        Mp05 "MP05" "bank transfer",
        Mp06 "MP06" "promissory note",
        Mp07 "MP07" "bank slip",
        Mp08 "MP08" "payment card",
        Mp09 "MP09" "RID",
        Mp10 "MP10" "RID utenze",
        Mp11 "MP11" "RID veloce",
        Mp12 "MP12" "RIBA",
        Mp13 "MP13" "MAV",
        Mp14 "MP14" "state treasury receipt",
        Mp15 "MP15" "giro on special accounts",
        Mp16 "MP16" "bank debit",
        Mp17 "MP17" "postal debit",
        Mp18 "MP18" "postal account slip",
        Mp19 "MP19" "SEPA Direct Debit",
        Mp20 "MP20" "SEPA Direct Debit CORE",
        Mp21 "MP21" "SEPA Direct Debit B2B",
        Mp22 "MP22" "withheld from sums already collected",
        Mp23 "MP23" "PagoPA",
    }
}

code_list! {
    /// `EsigibilitaIVA` (2.2.2.7): when the VAT falls due and who pays it.
    VatDue {
        Immediate "I" "immediate",
        Deferred "D" "deferred",
        Split "S" "split payment",
    }
}

code_list! {
    /// `TipoCessionePrestazione` (2.2.1.2).
    LineKind {
        Discount "SC" "discount",
        Premium "PR" "premium",
        Rebate "AB" "rebate",
        Ancillary "AC" "ancillary expense",
    }
}

code_list! {
    /// `Tipo` of a `ScontoMaggiorazione` block (2.2.1.10.1).
    AdjustmentKind {
        Discount "SC" "discount",
        Surcharge "MG" "surcharge",
    }
}

code_list! {
    /// `TipoRitenuta` (2.1.1.5.1).
    WithholdingKind {
        Rt01 "RT01" "withholding, natural persons",
        Rt02 "RT02" "withholding, legal persons",
        Rt03 "RT03" "INPS",
        Rt04 "RT04" "ENASARCO",
        Rt05 "RT05" "ENPAM",
        Rt06 "RT06" "other social contribution",
    }
}

code_list! {
    /// `TipoCassa` (2.1.1.7.1).
    FundKind {
        Tc01 "TC01" "lawyers", Tc02 "TC02" "chartered accountants", Tc03 "TC03" "surveyors",
        Tc04 "TC04" "engineers and architects", Tc05 "TC05" "notaries", Tc06 "TC06" "accountants",
        Tc07 "TC07" "ENASARCO", Tc08 "TC08" "labour consultants", Tc09 "TC09" "physicians",
        Tc10 "TC10" "pharmacists", Tc11 "TC11" "veterinarians", Tc12 "TC12" "agricultural staff",
        Tc13 "TC13" "shipping agencies staff", Tc14 "TC14" "journalists", Tc15 "TC15" "ONAOSI",
        Tc16 "TC16" "CASAGIT", Tc17 "TC17" "industrial experts", Tc18 "TC18" "EPAP",
        Tc19 "TC19" "biologists", Tc20 "TC20" "nurses", Tc21 "TC21" "psychologists", Tc22 "TC22" "INPS",
    }
}

code_list! {
    /// `SocioUnico` (1.2.4.4).
    Shareholders {
        Sole "SU" "sole shareholder",
        Several "SM" "several shareholders",
    }
}

code_list! {
    /// `StatoLiquidazione` (1.2.4.5).
    Liquidation {
        InLiquidation "LS" "in liquidation",
        Active "LN" "not in liquidation",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_are_exact() {
        for natura in Natura::ALL {
            assert_eq!(Natura::from_code(natura.as_str()), Some(*natura));
        }
        assert_eq!((DocumentType::ORDINARY.len(), DocumentType::SIMPLIFIED), (20, ["TD07", "TD08", "TD09"].as_slice()));
        assert_eq!(DocumentType::from_code("TD10"), None);
        assert_eq!(DocumentType::from_code("td01"), None);
        assert_eq!(TaxRegime::from_code("RF03"), None, "withdrawn");
        assert_eq!(Natura::from_code("N3.2"), Some(Natura::N32));
    }

    #[test]
    fn stamp_duty_counts_the_six_natures_of_the_rule() {
        let counted: Vec<&str> =
            Natura::ALL.iter().filter(|natura| natura.counts_for_stamp_duty()).map(|natura| natura.as_str()).collect();
        assert_eq!(counted, ["N1", "N2.1", "N2.2", "N3.5", "N3.6", "N4"]);
    }
}
