//! What is to be done about an invoice, in words for the owner of a shop.
//!
//! Here: [`Action`], its codes and its texts in Italian and English. Not here: when which action is due (`follow`).

use chrono::NaiveDate;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionCode {
    /// Refused: correct the invoice and send it again.
    CorrectAndSendAgain,
    /// Refused as a duplicate: find out whether the first one went through.
    CheckDuplicate,
    /// Tell the buyer that the invoice is in the reserved area.
    TellBuyer,
    /// The public body refused: issue a credit note.
    IssueCreditNote,
    /// No answer when there should be one: ask the channel.
    AskChannel,
    /// The public body has time to answer: nothing but waiting.
    AwaitAnswer,
    /// The system goes on trying to deliver: nothing but waiting.
    AwaitDelivery,
    /// Delivery is impossible: send the file with the proof by other means.
    SendByOtherMeans,
}

impl ActionCode {
    /// A stable word for files and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CorrectAndSendAgain => "correct_and_send_again",
            Self::CheckDuplicate => "check_duplicate",
            Self::TellBuyer => "tell_buyer",
            Self::IssueCreditNote => "issue_credit_note",
            Self::AskChannel => "ask_channel",
            Self::AwaitAnswer => "await_answer",
            Self::AwaitDelivery => "await_delivery",
            Self::SendByOtherMeans => "send_by_other_means",
        }
    }

    /// Whether somebody must act now; false for mere waiting.
    #[must_use]
    pub const fn is_urgent(self) -> bool {
        !matches!(self, Self::AwaitAnswer | Self::AwaitDelivery)
    }
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What.
    pub code: ActionCode,
    /// In Italian.
    pub text_it: String,
    /// In English.
    pub text_en: String,
    /// The last day for it, where there is one.
    pub due_by: Option<NaiveDate>,
}

impl Action {
    fn new(code: ActionCode, due_by: Option<NaiveDate>, text_it: String, text_en: String) -> Self {
        Self { code, text_it, text_en, due_by }
    }

    pub(super) fn correct_and_send_again(due_by: NaiveDate, today: NaiveDate) -> Self {
        let (it, en) = (italian(due_by), english(due_by));
        let (when_it, when_en) = if today > due_by {
            (
                format!("Il termine era il {it}: rispedisci subito e senti il commercialista per la sanzione."),
                format!("The last day was {en}: send it at once and ask your accountant about the penalty."),
            )
        } else {
            (format!("Fallo entro il {it}."), format!("Do it by {en}."))
        };
        Self::new(
            ActionCode::CorrectAndSendAgain,
            Some(due_by),
            format!(
                "La fattura è stata scartata e per il fisco non esiste. Correggi gli errori indicati e spediscila di nuovo \
                 con lo stesso numero e la stessa data, ma con un nuovo nome di file. {when_it}"
            ),
            format!(
                "The invoice was refused and does not exist for the tax office. Correct the errors listed and send it \
                 again with the same number and date, but with a new file name. {when_en}"
            ),
        )
    }

    pub(super) fn check_duplicate(due_by: NaiveDate) -> Self {
        let (it, en) = (italian(due_by), english(due_by));
        Self::new(
            ActionCode::CheckDuplicate,
            Some(due_by),
            format!(
                "Scartata perché risulta già inviata. Cerca la ricevuta del primo invio: se è la stessa fattura vale quella \
                 e non serve altro. Se invece è una fattura diversa, correggi il numero o il nome del file e spediscila di \
                 nuovo entro il {it}."
            ),
            format!(
                "Refused because it seems to have been sent before. Look for the receipt of the first sending: if it is \
                 the same invoice, that one counts and nothing else is needed. If it is another invoice, correct the \
                 number or the file name and send it again by {en}."
            ),
        )
    }

    pub(super) fn tell_buyer() -> Self {
        Self::new(
            ActionCode::TellBuyer,
            None,
            "La fattura è emessa, ma non è arrivata al cliente. Avvisalo che l'originale è nella sua area riservata del sito \
             dell'Agenzia delle Entrate e mandagli una copia."
                .to_owned(),
            "The invoice is issued but did not reach the buyer. Tell the buyer that the original is in their reserved area \
             on the site of the Italian tax office (Agenzia delle Entrate), and send a copy."
                .to_owned(),
        )
    }

    pub(super) fn issue_credit_note() -> Self {
        Self::new(
            ActionCode::IssueCreditNote,
            None,
            "L'ente ha rifiutato la fattura, che però resta emessa. Leggi il motivo, annullala con una nota di credito e, se \
             il credito c'è, emetti una nuova fattura corretta."
                .to_owned(),
            "The public body refused the invoice, which nevertheless stays issued. Read the reason, reverse it with a \
             credit note and, if the amount is owed, issue a new, correct invoice."
                .to_owned(),
        )
    }

    pub(super) fn ask_channel_after_sending(sent_on: NaiveDate) -> Self {
        let (it, en) = (italian(sent_on), english(sent_on));
        Self::new(
            ActionCode::AskChannel,
            None,
            format!(
                "Spedita il {it} e ancora nessuna risposta, che di solito arriva entro 5 giorni. Chiedi al canale di invio se \
                 il file è partito e scarica le ricevute che mancano; non rispedirla prima di saperlo."
            ),
            format!(
                "Sent on {en} and still no answer, which usually comes within 5 days. Ask the channel you sent it by whether \
                 the file left, and fetch the receipts that are missing; do not send it again before you know."
            ),
        )
    }

    pub(super) fn ask_channel_for_outcome(since: NaiveDate) -> Self {
        let (it, en) = (italian(since), english(since));
        Self::new(
            ActionCode::AskChannel,
            None,
            format!(
                "Nessuna notizia dal {it}: a quest'ora una risposta del Sistema di Interscambio dovrebbe esserci. Scarica dal \
                 canale di invio le notifiche che mancano."
            ),
            format!(
                "No news since {en}: by now there should be an answer of the exchange system (SdI). Fetch the notices that \
                 are missing from the channel you sent it by."
            ),
        )
    }

    pub(super) fn await_answer(until: NaiveDate) -> Self {
        let (it, en) = (italian(until), english(until));
        Self::new(
            ActionCode::AwaitAnswer,
            Some(until),
            format!(
                "Consegnata all'ente, che può accettarla o rifiutarla entro il {it}. Non c'è altro da fare: se tace, arriva \
                 la decorrenza dei termini."
            ),
            format!(
                "Delivered to the public body, which may accept or refuse it until {en}. There is nothing else to do: if it \
                 stays silent, a notice says that the term has elapsed."
            ),
        )
    }

    pub(super) fn await_delivery(until: NaiveDate) -> Self {
        let (it, en) = (italian(until), english(until));
        Self::new(
            ActionCode::AwaitDelivery,
            Some(until),
            format!(
                "Non ancora consegnata all'ente: il Sistema di Interscambio riprova da solo. Non rispedirla; entro il {it} \
                 circa arriva la ricevuta di consegna o l'attestazione di impossibilità."
            ),
            format!(
                "Not yet delivered to the public body: the exchange system (SdI) goes on trying by itself. Do not send it \
                 again; by about {en} either the receipt of delivery comes or the proof that it is impossible."
            ),
        )
    }

    pub(super) fn send_by_other_means() -> Self {
        Self::new(
            ActionCode::SendByOtherMeans,
            None,
            "La consegna all'ente non è possibile. Manda all'ente l'attestazione ricevuta insieme alla fattura per altra via, \
             per esempio con la PEC, e conserva la prova dell'invio."
                .to_owned(),
            "Delivery to the public body is not possible. Send it the attestation you got together with the invoice by other \
             means, for instance by certified mail (PEC), and keep the proof of sending."
                .to_owned(),
        )
    }
}

fn italian(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

fn english(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}
