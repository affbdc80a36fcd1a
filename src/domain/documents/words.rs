//! The words of order lines: what a line is, what happened; in English and in Italian.

/// A canonical word and what people write for it.
pub type Words = &'static [(&'static str, &'static [&'static str])];

/// What a line of an order is.
pub const LINE_KINDS: Words = &[
    (ITEM, &["item", "goods", "articolo", "riga", "line_item"]),
    (SHIPPING, &["shipping", "spedizione", "trasporto"]),
    (WRAPPING, &["wrapping", "gift_wrap", "confezione"]),
    (FEE, &["fee", "cod", "cod_fee", "contrassegno", "contributo"]),
    (DISCOUNT, &["discount", "coupon", "sconto"]),
    (VOUCHER, &["voucher", "gift_card", "buono"]),
    (SPONSORED, &["sponsored", "marketplace_discount", "sconto_marketplace"]),
    (DEPOSIT, &["deposit", "acconto"]),
    (GIFT, &["gift", "omaggio"]),
    (AMOUNT, &["amount", "importo"]),
];

/// What happened.
pub const EVENTS: Words = &[
    (SALE, &["sale", "vendita", "voucher_sale", "voucher_redeem", "gift", "own_transfer"]),
    (RETURN, &["return", "refund", "reso", "rimborso"]),
    (PURCHASE, &["fee_purchase", "goods_purchase", "purchase", "acquisto"]),
];

/// Goods or a service; also the sale of a voucher.
pub const ITEM: &str = "item";
/// Carriage, charged to the buyer.
pub const SHIPPING: &str = "shipping";
/// Gift wrap.
pub const WRAPPING: &str = "wrapping";
/// Cash on delivery and other charges.
pub const FEE: &str = "fee";
/// A discount on the whole order.
pub const DISCOUNT: &str = "discount";
/// A multi-purpose voucher used as money.
pub const VOUCHER: &str = "voucher";
/// A discount that somebody else pays for, such as a marketplace: money, for the seller.
pub const SPONSORED: &str = "sponsored";
/// An advance received (positive), or taken off the final invoice (negative).
pub const DEPOSIT: &str = "deposit";
/// Goods given away, at their normal value.
pub const GIFT: &str = "gift";

/// A sum given back on a whole order, whatever it was for.
pub const AMOUNT: &str = "amount";

/// A sale, or what goes with it.
pub const SALE: &str = "sale";
/// Money given back.
pub const RETURN: &str = "return";
/// Something bought, whose VAT the seller accounts for.
pub const PURCHASE: &str = "purchase";

/// Kinds that follow the goods: shipping, wrapping, fees (art. 12 DPR 633/72).
pub const ACCESSORY: [&str; 3] = [SHIPPING, WRAPPING, FEE];
/// Kinds that are means of payment and no part of the taxable amount (art. 6-quater DPR 633/72).
pub const PAYMENT: [&str; 2] = [VOUCHER, SPONSORED];
