//! Options of the load as a person writes them: numbering, batches, foreign buyers, who issues. The seller is in `seller`.

use std::collections::HashMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text};
use crate::domain::fatturapa::Seller;
use crate::domain::fatturapa::codes::DocumentType;
use crate::domain::fatturapa::model::{Issuer, VatId};
use crate::domain::fatturapa::name::Alphabet;
use crate::domain::fatturapa::request::Placeholders;
use crate::domain::fatturapa::schema::ValueType;
use crate::domain::ids;
use crate::loads::fatturapa::register::{Numbers, Series};
use crate::loads::fatturapa::seller::{checked, fits, party_name};

/// How documents are numbered: `1/WEB`, `2/WEB`, …
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberingSpec {
    /// Series after the number; without it the number stands alone. Up to nine characters.
    #[serde(default)]
    pub series: Option<Text>,
    /// Number of the first document of a series that has none yet. Default: 1.
    #[serde(default)]
    pub first: Option<u64>,
    /// Series of types of documents: `{ TD04: { series: NC }, TD07: { series: S, first: 120 } }`. Integrations (TD16 to TD19)
    /// usually have their own. Default: the series of the load.
    #[serde(default)]
    pub by_type: IndexMap<Text, SeriesSpec>,
    /// File progressive of the first file of a seller who has none yet. Default: the same as `first`.
    #[serde(default)]
    pub first_file: Option<u64>,
    /// Characters of the file progressive: `base36` (digits and capitals, 60 million names), `decimal` (100,000 names) or
    /// `base62` (small letters too, 916 million names; not safe on disks that ignore case). Keep it once files went out.
    /// Default: `base36`.
    #[serde(default)]
    pub file_alphabet: Option<Text>,
}

/// A series of its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesSpec {
    /// What stands after the number.
    pub series: Text,
    /// Number of the first document of the series, while it has none. Default: 1.
    #[serde(default)]
    pub first: Option<u64>,
}

/// Numbering without the seller.
pub struct BoundNumbering {
    series: Series,
    by_type: HashMap<DocumentType, Series>,
    first_file: u64,
    alphabet: Alphabet,
}

impl BoundNumbering {
    /// The numbering of a seller.
    #[must_use]
    pub fn of(self, seller: &Seller) -> Numbers {
        Numbers {
            series: self.series,
            by_type: self.by_type,
            first_file: self.first_file,
            alphabet: self.alphabet,
            seller: seller.id_fiscale_iva.id_codice.clone(),
        }
    }
}

impl NumberingSpec {
    /// Checks series, types and the alphabet.
    #[must_use]
    pub fn bind(&self, cx: &BindCx) -> BoundNumbering {
        let first = self.first.unwrap_or(1);
        let series = Series { name: self.series.as_ref().and_then(|series| series_name(series, cx)), first };
        let by_type = self.by_type.iter().filter_map(|(kind, own)| {
            let name = series_name(&own.series, cx);
            let Some(kind_of) = DocumentType::from_code(kind.trim()) else {
                let message = format!("`{kind}` is not a type of document");
                let known = DocumentType::CODES.join(", ");
                cx.report(Diagnostic::error(Code::BadValue, kind.place(), message).help(format!("types: {known}")));
                return None;
            };
            Some((kind_of, Series { name, first: own.first.unwrap_or(1) }))
        });
        let by_type = by_type.collect();
        let first_file = self.first_file.unwrap_or(first);
        BoundNumbering { series, by_type, first_file, alphabet: self.alphabet(cx) }
    }

    fn alphabet(&self, cx: &BindCx) -> Alphabet {
        let Some(text) = &self.file_alphabet else { return Alphabet::default() };
        match text.trim() {
            "decimal" => Alphabet::Decimal,
            "base36" => Alphabet::Base36,
            "base62" => Alphabet::Base62,
            other => {
                let message = format!("`{other}` is no set of characters for file names");
                let problem = Diagnostic::error(Code::BadValue, text.place(), message);
                cx.report(problem.help("use `decimal`, `base36` or `base62`"));
                Alphabet::default()
            }
        }
    }
}

/// A series leaves room for ten digits and a slash in the twenty characters of a number.
fn series_name(series: &Text, cx: &BindCx) -> Option<String> {
    let name = series.trim();
    if ValueType::Basic(9).problem(name).is_some() {
        let message = format!("`{series}` cannot be a series");
        let problem = Diagnostic::error(Code::BadValue, series.place(), message);
        cx.report(problem.help("use one to nine letters, digits or signs without accents, as in `WEB`"));
        return None;
    }
    Some(name.to_owned())
}

/// Several documents of one buyer in one file (*lotto*).
///
/// ```yaml
/// batch: { documents: 50 }
/// ```
///
/// A file also ends before it exceeds the 5 MB of the exchange system, which judges it as a whole: one document that it
/// refuses refuses all of the file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchSpec {
    /// Most documents in one file, from 2. Default: 100.
    #[serde(default)]
    pub documents: Option<u32>,
}

impl BatchSpec {
    /// Most documents in one file.
    #[must_use]
    pub fn bind(&self, cx: &BindCx) -> Option<usize> {
        let most = self.documents.unwrap_or(100);
        if most < 2 {
            let message = format!("a file of {most} documents is no batch");
            let problem = Diagnostic::error(Code::BadValue, Place::NONE, message);
            cx.report(problem.help("give `documents: 2` or more, or leave `batch` out: one file for each document"));
            return None;
        }
        usize::try_from(most).ok()
    }
}

/// What is written for buyers abroad. The exchange system does not check it; the defaults are what is usual.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignSpec {
    /// Number of a private person. Default: `0000000`.
    #[serde(default)]
    pub consumer_number: Option<Text>,
    /// Number of a business outside the Union that has none. Default: `OO99999999999`.
    #[serde(default)]
    pub business_number: Option<Text>,
    /// Postcode. Default: `00000`, and for San Marino and the Vatican their own.
    #[serde(default)]
    pub postcode: Option<Text>,
    /// Province. Default: none; some write `EE`.
    #[serde(default)]
    pub province: Option<Text>,
    /// Whether the real postcode is written behind the street. Default: `true`.
    #[serde(default)]
    pub postcode_in_street: Option<bool>,
    /// Whether VAT numbers of the Union must have the form and the check digits of their country; the exchange system takes
    /// any. Default: `true`.
    #[serde(default)]
    pub verify_numbers: Option<bool>,
}

impl ForeignSpec {
    /// The values, when the types of the format admit them.
    #[must_use]
    pub fn bind(&self, cx: &BindCx) -> Option<Placeholders> {
        let before = cx.reported();
        fits(self.consumer_number.as_ref(), ValueType::Codice, cx);
        fits(self.business_number.as_ref(), ValueType::Codice, cx);
        fits(self.postcode.as_ref(), ValueType::FiveDigits, cx);
        fits(self.province.as_ref(), ValueType::TwoLetters, cx);
        let usual = Placeholders::default();
        let text = |text: &Option<Text>, usual: String| text.as_ref().map_or(usual, |text| text.trim().to_owned());
        (cx.reported() == before).then(|| Placeholders {
            consumer_number: text(&self.consumer_number, usual.consumer_number),
            business_number: text(&self.business_number, usual.business_number),
            cap: text(&self.postcode, usual.cap),
            provincia: self.province.as_ref().map(|text| text.trim().to_owned()),
            postcode_in_street: self.postcode_in_street.unwrap_or(usual.postcode_in_street),
            italian_postcodes: self.postcode.is_none(),
            verify_numbers: self.verify_numbers.unwrap_or(usual.verify_numbers),
        })
    }
}

/// Who issues in the name of the seller, such as an agency.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuerSpec {
    /// Name of the firm; for a person `nome` and `cognome` instead.
    #[serde(default)]
    pub denominazione: Option<Text>,
    /// Given name.
    #[serde(default)]
    pub nome: Option<Text>,
    /// Surname.
    #[serde(default)]
    pub cognome: Option<Text>,
    /// Partita IVA, eleven digits.
    pub partita_iva: Text,
    /// Codice fiscale, when it is not the partita IVA.
    #[serde(default)]
    pub codice_fiscale: Option<Text>,
}

impl IssuerSpec {
    /// The issuer, when nothing is wrong with it.
    #[must_use]
    pub fn bind(&self, cx: &BindCx) -> Option<Issuer> {
        let number = checked(&self.partita_iva, ids::partita_iva::normalise(&self.partita_iva), cx);
        let code = self.codice_fiscale.as_ref().map(|code| checked(code, ids::codice_fiscale::normalise(code), cx));
        let names = [&self.denominazione, &self.nome, &self.cognome];
        let name = party_name("issuer", names, &self.partita_iva, cx);
        let id_fiscale_iva = VatId::italian(number?);
        Some(Issuer { id_fiscale_iva, codice_fiscale: code.flatten(), name: name? })
    }
}
