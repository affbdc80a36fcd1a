//! Controls on seller, buyer, sender and routing, the same in both formats.

use crate::domain::fatturapa::routing::{FOREIGN, is_sdi_mailbox};
use crate::domain::fatturapa::schema::Id;
use crate::domain::fatturapa::tree::Node;
use crate::domain::ids::{codice_fiscale, partita_iva};

use super::report::Report;

/// A VAT number where a document has one.
#[derive(Clone, Copy)]
pub struct VatId<'a> {
    /// The block `IdFiscaleIVA`.
    pub block: Node<'a>,
    /// `IdPaese`.
    pub country: &'a str,
    /// `IdCodice`.
    pub number: &'a str,
}

/// The official codes of the elements of a header, which differ by format.
pub struct Layout {
    /// `DatiTrasmissione`.
    pub transmission: Id,
    /// `IdTrasmittente` with its country and number.
    pub sender: [Id; 3],
    /// `FormatoTrasmissione`.
    pub format: Id,
    /// `CodiceDestinatario`.
    pub recipient: Id,
    /// `PECDestinatario`.
    pub pec: Id,
    /// `CedentePrestatore`.
    pub seller: Id,
    /// `CessionarioCommittente`.
    pub buyer: Id,
    /// Blocks with the seller's numbers, and the elements in them.
    pub seller_numbers: Numbers,
    /// The same of the buyer.
    pub buyer_numbers: Numbers,
    /// `IdCodice` of tax representatives: path from the header, country, number.
    pub representatives: &'static [([Id; 3], [Id; 2])],
}

/// Where a party has its numbers.
pub struct Numbers {
    /// Block inside the party; none when they stand in the party itself.
    pub block: Option<Id>,
    /// `IdFiscaleIVA`, its country and number.
    pub vat: [Id; 3],
    /// `CodiceFiscale`.
    pub code: Id,
}

/// Seller and buyer as a document names them.
#[derive(Clone, Copy)]
pub struct Parties<'a> {
    /// The buyer's block with its numbers.
    pub buyer: Node<'a>,
    /// The seller's VAT number.
    pub seller_vat: Option<VatId<'a>>,
    /// The seller's codice fiscale.
    pub seller_code: Option<Node<'a>>,
    /// The buyer's VAT number.
    pub buyer_vat: Option<VatId<'a>>,
    /// The buyer's codice fiscale.
    pub buyer_code: Option<Node<'a>>,
}

impl Parties<'_> {
    /// The same subject: equal VAT number with its country, or equal codice fiscale.
    pub fn are_the_same(&self) -> bool {
        let same_number = matches!((self.seller_vat, self.buyer_vat), (Some(seller), Some(buyer))
            if seller.country == buyer.country && seller.number == buyer.number);
        let same_code = matches!((self.seller_code, self.buyer_code), (Some(seller), Some(buyer))
            if seller.value().trim_ascii() == buyer.value().trim_ascii());
        same_number || same_code
    }
}

/// The numbers of a party.
fn numbers<'a>(party: Node<'a>, layout: &Numbers) -> (Node<'a>, Option<VatId<'a>>, Option<Node<'a>>) {
    let block = layout.block.and_then(|id| party.child(id)).unwrap_or(party);
    let vat = vat(block, layout.vat);
    (block, vat, block.child(layout.code))
}

fn vat(block: Node<'_>, [id, country, number]: [Id; 3]) -> Option<VatId<'_>> {
    let block = block.child(id)?;
    Some(VatId { block, country: block.text(country)?, number: block.text(number).unwrap_or_default() })
}

/// Runs these controls; gives the parties for those that depend on the kind of document.
pub fn check<'a>(header: Node<'a>, versione: &str, layout: &Layout, report: &mut Report) -> Option<Parties<'a>> {
    let transmission = header.child(layout.transmission);
    let seller = header.child(layout.seller);
    let buyer = header.child(layout.buyer);
    let (_, seller_vat, seller_code) =
        seller.map_or((header, None, None), |seller| numbers(seller, &layout.seller_numbers));
    if let Some(transmission) = transmission {
        sender(transmission, layout, report);
    }
    if let Some(vat) = seller_vat.filter(is_wrong_italian) {
        report.at("00301", vat.block);
    }
    if let Some(code) = seller_code.filter(|code| is_wrong_code(*code)) {
        report.at("00302", code);
    }
    for (path, [country, number]) in layout.representatives {
        let Some(block) = path.iter().try_fold(header, |node, id| node.child(*id)) else { continue };
        if block.text(*country) == Some("IT")
            && block.text(*number).is_some_and(|number| partita_iva::check(number).is_err())
        {
            report.at("00303", block.child(*number).unwrap_or(block));
        }
    }
    let (block, buyer_vat, buyer_code) = numbers(buyer?, &layout.buyer_numbers);
    let parties = Parties { buyer: block, seller_vat, seller_code, buyer_vat, buyer_code };
    buyer_numbers(&parties, report);
    if let Some(transmission) = transmission {
        routing(transmission, versione, layout, &parties, report);
    }
    Some(parties)
}

fn sender(transmission: Node<'_>, layout: &Layout, report: &mut Report) {
    let [block, country, number] = layout.sender;
    let Some(block) = transmission.child(block) else { return };
    if block.text(country) == Some("IT")
        && let Some(node) = block.child(number).filter(|number| is_wrong_code(*number))
    {
        report.at("00300", node);
    }
}

fn buyer_numbers(parties: &Parties<'_>, report: &mut Report) {
    match (parties.buyer_vat, parties.buyer_code) {
        (None, None) if parties.buyer.children().all(|child| child.element().name != "IdFiscaleIVA") => {
            report.at("00417", parties.buyer);
        }
        (None, Some(code)) => {
            if is_wrong_code(code) {
                report.at("00306", code);
            } else if code.value().trim_ascii().len() == 11 {
                report.at("00327", code);
            }
        }
        (Some(vat), _) if is_wrong_italian(&vat) => report.at("00305", vat.block),
        _ => {}
    }
    if let (Some(seller), Some(buyer)) = (parties.seller_vat, parties.buyer_vat)
        && seller.country != "IT"
        && buyer.country != "IT"
    {
        report.at("00476", buyer.block);
    }
}

fn routing(transmission: Node<'_>, versione: &str, layout: &Layout, parties: &Parties<'_>, report: &mut Report) {
    let format = transmission.child(layout.format);
    if let Some(format) = format.filter(|format| format.value().trim_ascii() != versione) {
        report.at("00428", format);
    }
    if let Some(recipient) = transmission.child(layout.recipient) {
        let code = recipient.value().trim_ascii();
        let wrong_length = match format.map(|format| format.value().trim_ascii()) {
            Some("FPR12") => code.len() == 6,
            Some("FPA12") => code.len() == 7,
            _ => false,
        };
        if wrong_length {
            report.at("00427", recipient);
        }
        if code == FOREIGN && parties.buyer_vat.is_none_or(|vat| vat.country == "IT") {
            report.at("00313", recipient);
        }
    }
    if let Some(pec) = transmission.child(layout.pec).filter(|pec| is_sdi_mailbox(pec.value().trim_ascii())) {
        report.at("00330", pec);
    }
}

fn is_wrong_italian(vat: &VatId<'_>) -> bool {
    vat.country == "IT" && partita_iva::check(vat.number).is_err()
}

fn is_wrong_code(code: Node<'_>) -> bool {
    codice_fiscale::check(code.value().trim_ascii()).is_err()
}
