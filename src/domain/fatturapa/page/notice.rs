//! What a page shows of a message of the exchange system.

use serde::Serialize;

use super::part::Field;
use crate::domain::fatturapa::sdi::{
    Esito, Family, Message, MessageKind, Moment, RiferimentoFattura, Scarto, SdiError,
};

/// A message.
#[derive(Debug, Serialize)]
pub(super) struct Notice {
    pub(super) title: &'static str,
    pub(super) code: &'static str,
    /// What it means for the invoice.
    pub(super) meaning: &'static str,
    /// `good`, `bad` or `open`.
    pub(super) tone: &'static str,
    pub(super) fields: Vec<Field>,
    pub(super) errors: Vec<Reason>,
}

/// A reason of a refusal.
#[derive(Debug, Serialize)]
pub(super) struct Reason {
    pub(super) code: String,
    pub(super) text: String,
    pub(super) advice: String,
}

/// What a message says.
pub(super) fn notice(message: &Message) -> Notice {
    let (title, tone, meaning) = kind(message);
    Notice {
        title,
        code: message.kind.as_str(),
        meaning,
        tone,
        fields: fields(message),
        errors: message.errors.iter().map(reason).collect(),
    }
}

fn reason(error: &SdiError) -> Reason {
    Reason {
        code: error.codice.clone(),
        text: error.descrizione.clone(),
        advice: error.suggerimento.clone().unwrap_or_default(),
    }
}

fn kind(message: &Message) -> (&'static str, &'static str, &'static str) {
    let is_private = message.family == Family::Private;
    match message.kind {
        MessageKind::Ns => (
            "Notifica di scarto",
            "bad",
            "Il file è stato scartato: le fatture che contiene si considerano non emesse e vanno corrette e inviate di nuovo.",
        ),
        MessageKind::Rc => ("Ricevuta di consegna", "good", "Il file è stato consegnato al destinatario."),
        MessageKind::Mc if is_private => (
            "Ricevuta di impossibilità di recapito",
            "open",
            "La fattura è emessa ma non è stata recapitata: è nell'area riservata del cliente, che va avvisato.",
        ),
        MessageKind::Mc => (
            "Notifica di mancata consegna",
            "open",
            "Il file non è ancora stato consegnato all'ufficio: il Sistema di Interscambio continua a provare.",
        ),
        MessageKind::Ne | MessageKind::Ec => outcome(message),
        MessageKind::Se => (
            "Scarto dell'esito del committente",
            "open",
            "Il Sistema di Interscambio non ha accettato l'esito inviato dall'ufficio.",
        ),
        MessageKind::Dt => (
            "Notifica di decorrenza dei termini",
            "good",
            "L'ufficio non ha risposto entro 15 giorni: la fattura non può più essere rifiutata tramite il sistema.",
        ),
        MessageKind::At => (
            "Attestazione di avvenuta trasmissione con impossibilità di recapito",
            "open",
            "Il file è stato trasmesso ma non può essere recapitato: va inviato all'ufficio per altra via, con questa attestazione.",
        ),
        MessageKind::Mt => ("Metadati di un file ricevuto", "open", "Accompagna una fattura ricevuta."),
    }
}

fn outcome(message: &Message) -> (&'static str, &'static str, &'static str) {
    let title = if message.kind == MessageKind::Ne { "Notifica di esito" } else { "Esito del committente" };
    match message.esito {
        Some(Esito::Ec01) => (title, "good", "L'ufficio ha accettato la fattura."),
        Some(Esito::Ec02) => (title, "bad", "L'ufficio ha rifiutato la fattura."),
        None => (title, "open", ""),
    }
}

fn fields(message: &Message) -> Vec<Field> {
    let text = |label: &str, value: Option<&String>| Field::new(label, value.cloned().unwrap_or_default());
    let moment = |label: &str, value: Option<Moment>| Field::new(label, value.map(written).unwrap_or_default());
    let archive = message.archive.as_ref();
    let receiver = message.destinatario.as_ref();
    let invoice = message.riferimento_fattura.as_ref();
    let known = [
        text("Identificativo SdI", message.identificativo_sdi.as_ref()),
        text("Nome del file", message.nome_file.as_ref()),
        Field::new("Archivio", archive.map(|archive| archive.nome_file.clone()).unwrap_or_default()),
        archive.and_then(|archive| text("Identificativo SdI dell'archivio", archive.identificativo_sdi.as_ref())),
        Field::new("Fattura", invoice.map(invoice_text).unwrap_or_default()),
        Field::new("Esito", message.esito.map(esito).unwrap_or_default()),
        Field::new("Scarto", message.scarto.map(scarto).unwrap_or_default()),
        moment("Data e ora di ricezione", message.data_ora_ricezione),
        moment("Data e ora di consegna", message.data_ora_consegna),
        moment("Messa a disposizione", message.data_messa_a_disposizione),
        receiver.and_then(|receiver| text("Codice destinatario", receiver.codice.as_ref())),
        receiver.and_then(|receiver| text("Destinatario", receiver.descrizione.as_ref())),
        text("Codice destinatario", message.codice_destinatario.as_ref()),
        text("Formato", message.formato.as_ref()),
        Field::new("Tentativi di invio", message.tentativi_invio.map(|count| count.to_string()).unwrap_or_default()),
        text("Descrizione", message.descrizione.as_ref()),
        text("Note", message.note.as_ref()),
        Field::new("Flusso semplificato", if message.simplified_flow { "sì" } else { "" }),
        text("Hash (SHA-256)", message.hash.as_ref()),
        text("Hash del file originale", message.hash_file_originale.as_ref()),
        text("Message ID", message.message_id.as_ref()),
        text("Message ID del committente", message.message_id_committente.as_ref()),
        text("Message ID della PEC", message.pec_message_id.as_ref()),
    ];
    known.into_iter().flatten().collect()
}

fn invoice_text(invoice: &RiferimentoFattura) -> String {
    let year = invoice.anno.map(|year| format!(" del {year}")).unwrap_or_default();
    let place = invoice.posizione.map(|place| format!(", posizione {place} nel file")).unwrap_or_default();
    format!("{}{year}{place}", invoice.numero)
}

const fn esito(esito: Esito) -> &'static str {
    match esito {
        Esito::Ec01 => "EC01 (accettazione)",
        Esito::Ec02 => "EC02 (rifiuto)",
    }
}

const fn scarto(scarto: Scarto) -> &'static str {
    match scarto {
        Scarto::En00 => "EN00 (notifica non conforme al formato)",
        Scarto::En01 => "EN01 (notifica non ammissibile)",
    }
}

fn written(moment: Moment) -> String {
    match moment {
        Moment::Day(day) => day.format("%d/%m/%Y").to_string(),
        Moment::Local(time) => time.format("%d/%m/%Y %H:%M:%S").to_string(),
        Moment::Instant(instant) => {
            instant.with_timezone(&chrono_tz::Europe::Rome).format("%d/%m/%Y %H:%M:%S (ora italiana)").to_string()
        }
    }
}
