//! Columns of the document lines: the canonical names, what each is, and those that the user says instead.

use indexmap::IndexMap;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Place, Text, did_you_mean};
use crate::domain::fatturapa::codes::DocumentType;
use crate::domain::types::{Schema, Type};

/// What a column must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Characters.
    Text,
    /// An integer or a decimal.
    Number,
    /// A day.
    Date,
    /// An instant, written in Italian time.
    Time,
    /// A truth value, or a text: `SI` or `NO`.
    Flag,
}

/// Declares the columns once: variant, canonical name, what it must be.
macro_rules! columns {
    ($($variant:ident $name:literal $want:ident),+ $(,)?) => {
        /// A column of the rows that a document is made of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Column {
            $(#[doc = concat!("`", $name, "`.")] $variant,)+
        }

        impl Column {
            /// Every column with its canonical name and what it must be.
            pub const ALL: &'static [(Self, &'static str, Want)] = &[$((Self::$variant, $name, Want::$want),)+];
        }
    };
}

columns! {
    Order "order" Text, OrderNumber "order_number" Text, OrderDate "order_date" Date, DocumentType "document_type" Text, DocumentDate "document_date" Date,
    LinkedNumber "linked_number" Text, LinkedDate "linked_date" Date, LinkedOrder "linked_order" Text,
    SplitPayment "split_payment" Flag, Causale "causale" Text,
    DdtNumber "ddt_number" Text, DdtDate "ddt_date" Date,
    BuyerKind "buyer_kind" Text, Company "company" Text, FirstName "first_name" Text, LastName "last_name" Text,
    VatNumber "vat_number" Text, CodiceFiscale "codice_fiscale" Text, SdiCode "sdi_code" Text, Pec "pec" Text,
    Address "address" Text, HouseNumber "house_number" Text, Postcode "postcode" Text, City "city" Text,
    Province "province" Text, Country "country" Text, BuyerReference "buyer_reference" Text,
    PaymentMethod "payment_method" Text, PaymentAmount "payment_amount" Number, PaymentDue "payment_due" Date,
    PaymentDays "payment_days" Number, PaymentReference "payment_reference" Text, PaymentIban "payment_iban" Text,
    PaymentBank "payment_bank" Text, PaymentBeneficiary "payment_beneficiary" Text, PaymentTerms "payment_terms" Text,
    Cig "cig" Text, Cup "cup" Text, PurchaseOrder "purchase_order" Text, PurchaseOrderDate "purchase_order_date" Date,
    PurchaseOrderItem "purchase_order_item" Text, JobCode "job_code" Text,
    ContractNumber "contract_number" Text, ContractDate "contract_date" Date,
    AgreementNumber "agreement_number" Text, AgreementDate "agreement_date" Date,
    ReceiptNumber "receipt_number" Text, ReceiptDate "receipt_date" Date, Phase "phase" Number,
    LineKind "line_kind" Text, Sku "sku" Text, Ean "ean" Text, CodeType "code_type" Text, Code "code" Text,
    Description "description" Text, Quantity "quantity" Number, Unit "unit" Text,
    UnitGross "unit_gross" Number, UnitNet "unit_net" Number, LineNet "line_net" Number, LineGross "line_gross" Number,
    UnitDiscount "unit_discount" Number, DiscountPercent "discount_percent" Number, LineDiscount "line_discount" Number,
    VatRate "vat_rate" Number, Natura "natura" Text, LegalRef "legal_ref" Text,
    PeriodStart "period_start" Date, PeriodEnd "period_end" Date, LineReference "line_reference" Text,
    OtherType "other_type" Text, OtherText "other_text" Text, OtherNumber "other_number" Number, OtherDate "other_date" Date,
    IntentProtocol "intent_protocol" Text, IntentDate "intent_date" Date, Withheld "withheld" Flag,
    WithholdingType "withholding_type" Text, WithholdingRate "withholding_rate" Number,
    WithholdingAmount "withholding_amount" Number, WithholdingReason "withholding_reason" Text,
    FundType "fund_type" Text, FundRate "fund_rate" Number, FundBase "fund_base" Number, FundAmount "fund_amount" Number,
    FundVatRate "fund_vat_rate" Number, FundNatura "fund_natura" Text, FundLegalRef "fund_legal_ref" Text,
    FundWithheld "fund_withheld" Flag,
    OrderDiscount "order_discount" Number, OrderShipping "order_shipping" Number, Rounding "rounding" Number,
    ToldDiscountPercent "told_discount_percent" Number, ToldDiscountAmount "told_discount_amount" Number, Art73 "art73" Flag,
    CarrierName "carrier_name" Text, CarrierVat "carrier_vat" Text, TransportMeans "transport_means" Text,
    TransportReason "transport_reason" Text, Packages "packages" Number, PackageDescription "package_description" Text,
    WeightUnit "weight_unit" Text, GrossWeight "gross_weight" Number, NetWeight "net_weight" Number,
    PickupTime "pickup_time" Time, TransportStart "transport_start" Date, DeliveryTerms "delivery_terms" Text,
    PrincipalNumber "principal_number" Text, PrincipalDate "principal_date" Date,
    VehicleDate "vehicle_date" Date, VehicleDistance "vehicle_distance" Text,
    AttachmentPath "attachment_path" Text, AttachmentName "attachment_name" Text,
    AttachmentFormat "attachment_format" Text, AttachmentDescription "attachment_description" Text,
}

/// Columns that every invoice needs; prices and the date of the document are looked at apart.
const REQUIRED: &[Column] = &[
    Column::Order,
    Column::BuyerKind,
    Column::Address,
    Column::Postcode,
    Column::City,
    Column::Country,
    Column::Description,
    Column::Quantity,
    Column::VatRate,
];

/// Columns that the step `documents` gives, and that are meant where a table has none of the canonical name.
const GIVEN: &[(&str, &str)] =
    &[("order_number", "doc_order"), ("linked_order", "doc_original_key"), ("split_payment", "doc_split")];

/// Columns that say nothing without another one.
const NEEDS: &[(Column, Column)] = &[
    (Column::LinkedDate, Column::LinkedNumber),
    (Column::DdtNumber, Column::DdtDate),
    (Column::DdtDate, Column::DdtNumber),
    (Column::ContractDate, Column::ContractNumber),
    (Column::AgreementDate, Column::AgreementNumber),
    (Column::ReceiptDate, Column::ReceiptNumber),
    (Column::Code, Column::CodeType),
    (Column::CodeType, Column::Code),
    (Column::OtherText, Column::OtherType),
    (Column::OtherNumber, Column::OtherType),
    (Column::OtherDate, Column::OtherType),
    (Column::IntentProtocol, Column::IntentDate),
    (Column::IntentDate, Column::IntentProtocol),
    (Column::WithholdingType, Column::WithholdingRate),
    (Column::WithholdingType, Column::WithholdingReason),
    (Column::WithholdingRate, Column::WithholdingType),
    (Column::FundType, Column::FundRate),
    (Column::FundType, Column::FundVatRate),
    (Column::FundRate, Column::FundType),
    (Column::CarrierName, Column::CarrierVat),
    (Column::CarrierVat, Column::CarrierName),
    (Column::PrincipalNumber, Column::PrincipalDate),
    (Column::VehicleDate, Column::VehicleDistance),
    (Column::AttachmentName, Column::AttachmentPath),
];

/// Where each datum stands: the table's column and its type.
#[derive(Clone, Debug, Default)]
pub struct Bound(Vec<Option<(String, Type)>>);

impl Bound {
    /// The table's column for a datum; `None` when there is none.
    #[must_use]
    pub fn get(&self, column: Column) -> Option<&(String, Type)> {
        self.0.get(column as usize)?.as_ref()
    }

    /// Whether the table has it.
    #[must_use]
    pub fn has(&self, column: Column) -> bool {
        self.get(column).is_some()
    }

    /// Every datum, in the order of [`Column::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Option<&(String, Type)>> {
        self.0.iter().map(Option::as_ref)
    }
}

/// Finds the columns; reports those that are missing or of the wrong type.
#[must_use]
pub fn bind_columns(
    written: &IndexMap<Text, Text>,
    input: &Schema,
    dated: bool,
    default: DocumentType,
    cx: &BindCx,
) -> Bound {
    written.keys().for_each(|name| known(name, cx));
    let mut bound = Bound::default();
    for (column, canonical, want) in Column::ALL {
        let required = is_required(*column, default) || (*column == Column::DocumentDate && !dated);
        bound.0.push(find(canonical, *want, required, written.get(*canonical), input, cx));
    }
    price(&bound, written, input, cx);
    for (column, other) in NEEDS {
        if bound.has(*column) && !bound.has(*other) {
            let (name, other) = (canonical(*column), canonical(*other));
            let place = written.get(name).map_or(Place::NONE, Text::place);
            let message = format!("the column `{name}` of an invoice needs a column `{other}` beside it");
            let help = format!("add a column `{other}`, or say which one it is: `columns: {{ {other}: … }}`");
            cx.report(Diagnostic::error(Code::ColumnMissing, place, message).help(help));
        }
    }
    bound
}

/// Whether documents need a column; of the other party, simplified ones need no address, and those to oneself nothing.
fn is_required(column: Column, kind: DocumentType) -> bool {
    let of_address = matches!(column, Column::Address | Column::Postcode | Column::City | Column::Country);
    let is_left_out = match kind {
        _ if kind.is_to_oneself() => of_address || column == Column::BuyerKind,
        _ if kind.is_simplified() => of_address,
        _ => false,
    };
    REQUIRED.contains(&column) && !is_left_out
}

/// The canonical name of a column.
#[must_use]
pub fn canonical(column: Column) -> &'static str {
    Column::ALL.get(column as usize).map_or("", |(_, name, _)| name)
}

fn known(name: &Text, cx: &BindCx) {
    if Column::ALL.iter().any(|(_, canonical, _)| *canonical == name.as_str()) {
        return;
    }
    let canonical = || Column::ALL.iter().map(|(_, name, _)| *name);
    let message = format!("`{name}` is not a column of an invoice line");
    let problem = Diagnostic::error(Code::UnknownKey, name.place(), message).helps(did_you_mean(name, canonical()));
    cx.report(problem.help(format!("canonical columns: {}", canonical().collect::<Vec<_>>().join(", "))));
}

fn find(
    canonical: &str,
    want: Want,
    required: bool,
    given: Option<&Text>,
    input: &Schema,
    cx: &BindCx,
) -> Option<(String, Type)> {
    if given.is_some_and(|column| !cx.require_column(input, column)) {
        return None;
    }
    let column = given.map_or(canonical, Text::as_str);
    let place = given.map_or(Place::NONE, Text::place);
    let by_step = GIVEN.iter().find(|(name, _)| given.is_none() && *name == canonical && input.get(name).is_none());
    let column = by_step.map_or(column, |(_, name)| *name);
    match input.get(column) {
        Some(ty) if fits(ty, want) => return Some((column.to_owned(), ty.clone())),
        Some(ty) => {
            let message = format!("column `{column}` ({canonical}) is `{ty}`, expected {}", expected(want));
            cx.report(Diagnostic::error(Code::TypeMismatch, place, message));
        }
        None if required => missing(canonical, place, input, cx),
        None => {}
    }
    None
}

fn missing(canonical: &str, place: Place, input: &Schema, cx: &BindCx) {
    let message = format!("the invoice load `{}` needs a column `{canonical}`", cx.node);
    let known: Vec<&str> = input.names().collect();
    let help = format!("say which one it is: `columns: {{ {canonical}: … }}`; known columns: {}", known.join(", "));
    cx.report(Diagnostic::error(Code::ColumnMissing, place, message).help(help));
}

/// Prices are with VAT, or without it.
fn price(bound: &Bound, written: &IndexMap<Text, Text>, input: &Schema, cx: &BindCx) {
    match (bound.get(Column::UnitGross), bound.get(Column::UnitNet)) {
        (None, None) if written.get("unit_gross").is_none() && written.get("unit_net").is_none() => {
            let message = format!(
                "the invoice load `{}` needs a column `unit_gross`, or `unit_net` for prices without VAT",
                cx.node
            );
            let known: Vec<&str> = input.names().collect();
            let help =
                format!("say which one it is: `columns: {{ unit_gross: … }}`; known columns: {}", known.join(", "));
            cx.report(Diagnostic::error(Code::ColumnMissing, Place::NONE, message).help(help));
        }
        (Some((gross, _)), Some((net, _))) => {
            let message = format!("both `unit_gross` (`{gross}`) and `unit_net` (`{net}`) are given");
            let place = written.get("unit_net").map_or(Place::NONE, Text::place);
            cx.report(Diagnostic::error(Code::BadValue, place, message).help("keep one: prices with VAT, or without"));
        }
        _ => {}
    }
}

fn fits(ty: &Type, want: Want) -> bool {
    match want {
        Want::Text => *ty == Type::Text,
        Want::Number => matches!(ty, Type::Integer | Type::Decimal { .. }),
        Want::Date => *ty == Type::Date,
        Want::Time => *ty == Type::Timestamp,
        Want::Flag => matches!(ty, Type::Bool | Type::Text),
    }
}

fn expected(want: Want) -> &'static str {
    match want {
        Want::Text => "`text`",
        Want::Number => "an integer or a decimal",
        Want::Date => "`date`",
        Want::Time => "`timestamp`",
        Want::Flag => "`bool`, or `text` with `SI` and `NO`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_stands_at_its_own_place() {
        for (index, (column, name, _)) in Column::ALL.iter().enumerate() {
            assert_eq!((*column as usize, canonical(*column)), (index, *name));
        }
    }

    #[test]
    fn the_guide_names_every_column() {
        let guide = include_str!("../../../docs/guides/fatturapa.md");
        for (_, name, _) in Column::ALL {
            assert!(guide.contains(&format!("`{name}`")), "{name} is not in docs/guides/fatturapa.md");
        }
    }
}
