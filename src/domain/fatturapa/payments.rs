//! How a document is paid (2.4).
//!
//! Here: amounts, days and accounts of the payments. Not here: how much is due (`build`).

use chrono::Days;

use crate::domain::ids::iban;
use crate::domain::money::Decimal;

use super::amount::{exactly, total};
use super::codes::{PaymentMethod, PaymentTerms};
use super::model::{Payment, PaymentDetail, Seller};
use super::reject::{BuildError, Reason};
use super::request::{InvoiceRequest, PaymentRequest};
use super::spread::spread;
use super::text::{Charset, Texts};

/// The payments of what is due. Those without an amount share what the others leave, to the cent.
///
/// # Errors
/// An amount that is not on the cent, more than is due, an IBAN whose check digits do not match.
pub fn payments(
    request: &InvoiceRequest,
    payable: Decimal,
    seller: &Seller,
    texts: &mut Texts,
) -> Result<Vec<Payment>, BuildError> {
    let requests = &request.payments;
    let amounts = amounts(requests, payable)?;
    let dettagli = requests.iter().zip(amounts).map(|(source, amount)| detail(source, amount, request, seller, texts));
    let dettagli = dettagli.collect::<Result<Vec<_>, _>>()?;
    if dettagli.is_empty() {
        return Ok(Vec::new());
    }
    let terms = if dettagli.len() > 1 { PaymentTerms::Tp01 } else { PaymentTerms::Tp02 };
    Ok(vec![Payment { condizioni_pagamento: request.extra.terms.unwrap_or(terms), dettagli }])
}

fn amounts(requests: &[PaymentRequest], payable: Decimal) -> Result<Vec<Decimal>, BuildError> {
    let fraction = |amount: Decimal| BuildError::new(Reason::FractionOfCent, "payment_amount", amount.to_string());
    let told = requests.iter().map(|request| match request.amount {
        Some(amount) => exactly(amount, 2).ok_or_else(|| fraction(amount)).map(Some),
        None => Ok(None),
    });
    let told = told.collect::<Result<Vec<_>, _>>()?;
    let open = told.iter().filter(|amount| amount.is_none()).count();
    let left = total(told.iter().flatten().copied()).and_then(|sum| payable.sub(sum)).unwrap_or(payable);
    if open > 0 && left.is_negative() && !payable.is_negative() {
        return Err(BuildError::new(Reason::BadPayment, "payment_amount", left.to_string()));
    }
    let shares = spread(left, &vec![Decimal::ONE; open]).ok_or_else(|| fraction(left));
    let mut shares = if open > 0 { shares? } else { Vec::new() }.into_iter();
    Ok(told.into_iter().filter_map(|amount| amount.or_else(|| shares.next())).collect())
}

fn detail(
    source: &PaymentRequest,
    amount: Decimal,
    request: &InvoiceRequest,
    seller: &Seller,
    texts: &mut Texts,
) -> Result<PaymentDetail, BuildError> {
    let own = seller.iban.as_ref().filter(|_| source.method == PaymentMethod::Mp05 && source.iban.is_none());
    let account = match &source.iban {
        Some(written) => {
            let wrong = |_| BuildError::new(Reason::BadIban, "payment_iban", written.as_str());
            Some(iban::normalise(written).map_err(wrong)?.into_owned())
        }
        None => own.cloned(),
    };
    let bank = source.bank.as_deref().or_else(|| own.and(seller.istituto_finanziario.as_deref()));
    let due = source.days.and_then(|days| request.date.checked_add_days(Days::new(days.into())));
    Ok(PaymentDetail {
        beneficiario: texts.fit_optional("Beneficiario", source.beneficiary.as_deref(), Charset::Latin, 200),
        modalita_pagamento: source.method,
        data_riferimento: source.days.map(|_| request.date),
        giorni: source.days,
        data_scadenza_pagamento: source.due_date.or(due),
        importo_pagamento: amount,
        istituto_finanziario: texts.fit_optional("IstitutoFinanziario", bank, Charset::Latin, 80),
        iban: account,
        codice_pagamento: texts.fit_optional("CodicePagamento", source.reference.as_deref(), Charset::Basic, 60),
    })
}
