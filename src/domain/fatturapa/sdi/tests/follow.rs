//! The standing of invoices: a table of what arrived and what follows, in any order and with copies.

use proptest::prelude::*;

use super::super::advice::ActionCode;
use super::super::test_support::{date, sample};
use super::*;

fn issued(family: Family) -> Issued {
    Issued { family, sent_on: date("2026-11-24"), invoice: None }
}

fn event(kind: MessageKind, on: &str) -> Event {
    Event {
        kind,
        on: date(on),
        is_dated: matches!(kind, MessageKind::Rc),
        esito: None,
        errors: Vec::new(),
        riferimento_fattura: None,
        descrizione: None,
    }
}

fn outcome_of(esito: Esito, on: &str) -> Event {
    Event { esito: Some(esito), ..event(MessageKind::Ne, on) }
}

fn refusal(code: &str, on: &str) -> Event {
    let error = SdiError { codice: code.to_owned(), descrizione: "prova".to_owned(), suggerimento: None };
    Event { errors: vec![error], ..event(MessageKind::Ns, on) }
}

fn available(on: &str) -> Event {
    Event { is_dated: true, ..event(MessageKind::Mc, on) }
}

/// State, since, day of the stamp duty, what to do, until when.
type Row<'a> = (State, &'a str, Option<&'a str>, Option<(ActionCode, Option<&'a str>)>);

#[test]
fn each_path_ends_where_it_should() {
    use ActionCode as Do;
    use Esito::{Ec01, Ec02};
    use Family::{Private, PublicBody};
    use MessageKind::{At, Dt, Ec, Mc, Mt, Rc, Se};
    let rc = || event(Rc, "2026-11-25");
    let mc = || event(Mc, "2026-11-26");
    let cases: Vec<(Family, &str, Vec<Event>, Row<'_>)> = vec![
        (Private, "2026-11-29", vec![], (State::Sent, "2026-11-24", None, None)),
        (Private, "2026-11-30", vec![], (State::Sent, "2026-11-24", None, Some((Do::AskChannel, None)))),
        (
            Private,
            "2026-11-26",
            vec![refusal("00423", "2026-11-26")],
            (State::Refused, "2026-11-26", None, Some((Do::CorrectAndSendAgain, Some("2026-12-01")))),
        ),
        (
            Private,
            "2026-11-26",
            vec![refusal("00404", "2026-11-26")],
            (State::Refused, "2026-11-26", None, Some((Do::CheckDuplicate, Some("2026-12-01")))),
        ),
        (
            Private,
            "2026-11-26",
            vec![refusal("00002", "2026-11-27"), refusal("00400", "2026-11-26")],
            (State::Refused, "2026-11-26", None, Some((Do::CorrectAndSendAgain, Some("2026-12-01")))),
        ),
        (Private, "2026-12-31", vec![rc()], (State::Delivered, "2026-11-25", Some("2026-11-25"), None)),
        (
            Private,
            "2026-12-31",
            vec![refusal("00002", "2026-11-26"), rc()],
            (State::Delivered, "2026-11-25", Some("2026-11-25"), None),
        ),
        (
            Private,
            "2026-12-31",
            vec![available("2026-11-27")],
            (State::MadeAvailable, "2026-11-27", Some("2026-11-27"), Some((Do::TellBuyer, None))),
        ),
        (Private, "2026-12-31", vec![mc()], (State::MadeAvailable, "2026-11-26", None, Some((Do::TellBuyer, None)))),
        (
            PublicBody,
            "2026-11-26",
            vec![refusal("00102", "2026-11-26")],
            (State::Refused, "2026-11-26", None, Some((Do::CorrectAndSendAgain, Some("2026-12-01")))),
        ),
        (
            PublicBody,
            "2026-12-10",
            vec![rc()],
            (State::Delivered, "2026-11-25", Some("2026-11-25"), Some((Do::AwaitAnswer, Some("2026-12-10")))),
        ),
        (
            PublicBody,
            "2026-12-11",
            vec![rc()],
            (State::Delivered, "2026-11-25", Some("2026-11-25"), Some((Do::AskChannel, None))),
        ),
        (
            PublicBody,
            "2026-11-26",
            vec![mc()],
            (State::NotDelivered, "2026-11-26", None, Some((Do::AwaitDelivery, Some("2026-12-11")))),
        ),
        (PublicBody, "2026-12-12", vec![mc()], (State::NotDelivered, "2026-11-26", None, Some((Do::AskChannel, None)))),
        (
            PublicBody,
            "2026-12-01",
            vec![mc(), event(Rc, "2026-11-28")],
            (State::Delivered, "2026-11-28", Some("2026-11-28"), Some((Do::AwaitAnswer, Some("2026-12-13")))),
        ),
        (
            PublicBody,
            "2026-12-10",
            vec![mc(), event(At, "2026-12-06")],
            (State::DeliveryImpossible, "2026-12-06", None, Some((Do::SendByOtherMeans, None))),
        ),
        (
            PublicBody,
            "2026-12-31",
            vec![rc(), outcome_of(Ec01, "2026-12-01")],
            (State::Accepted, "2026-12-01", Some("2026-11-25"), None),
        ),
        (
            PublicBody,
            "2026-12-31",
            vec![mc(), rc(), outcome_of(Ec02, "2026-12-01")],
            (State::RefusedByBody, "2026-12-01", Some("2026-11-25"), Some((Do::IssueCreditNote, None))),
        ),
        (
            PublicBody,
            "2026-12-31",
            vec![outcome_of(Ec01, "2026-12-02"), outcome_of(Ec02, "2026-12-02")],
            (State::RefusedByBody, "2026-12-02", None, Some((Do::IssueCreditNote, None))),
        ),
        (
            PublicBody,
            "2026-12-31",
            vec![rc(), event(Dt, "2026-12-11")],
            (State::TermsElapsed, "2026-12-11", Some("2026-11-25"), None),
        ),
        (
            PublicBody,
            "2026-12-31",
            vec![rc(), outcome_of(Ec01, "2026-12-01"), event(Dt, "2026-12-11")],
            (State::Accepted, "2026-12-01", Some("2026-11-25"), None),
        ),
        (
            PublicBody,
            "2026-11-25",
            vec![event(Ec, "2026-11-25"), event(Se, "2026-11-25"), event(Mt, "2026-11-25")],
            (State::Sent, "2026-11-24", None, None),
        ),
    ];
    for (family, today, events, expected) in cases {
        let standing = state(&events, &issued(family), date(today));
        let stamp = standing.stamp_duty_date.map(|day| day.to_string());
        let since = standing.since.to_string();
        let due = standing.what_to_do.as_ref().and_then(|action| action.due_by).map(|day| day.to_string());
        let action = standing.what_to_do.as_ref().map(|action| (action.code, due.as_deref()));
        assert_eq!((standing.state, since.as_str(), stamp.as_deref(), action), expected, "{family:?} {events:?}");
        assert_eq!(standing.is_issued, !matches!(standing.state, State::Sent | State::Refused));
        assert_eq!(standing.errors.is_empty(), standing.state != State::Refused);
        for text in standing.what_to_do.iter().flat_map(|action| [&action.text_it, &action.text_en]) {
            assert!(text.ends_with('.') && !text.contains("  ") && !text.contains('\n'), "{text}");
        }
    }
}

#[test]
fn dates_come_from_the_message_where_it_has_them() {
    let arrived = date("2027-02-01");
    let cases = [
        ("0000A_RC_001", "2026-11-25", true),
        ("0000C_MC_001", "2026-11-25", true),
        // Found late: the refusal came five days after the reception at the latest.
        ("0000B_NS_001", "2026-11-29", false),
        ("PA004_MC_001", "2027-02-01", false),
        ("PA002_NE_001", "2027-02-01", false),
    ];
    for (name, on, is_dated) in cases {
        let event = Event::new(&sample(name), arrived);
        assert_eq!((event.on, event.is_dated), (date(on), is_dated), "{name}");
    }
    assert_eq!(Event::new(&sample("0000B_NS_001"), date("2026-11-26")).on, date("2026-11-26"));
    assert_eq!(Event::new(&sample("0000B_NS_001"), date("2026-11-01")).on, date("2026-11-24"));
}

#[test]
fn an_outcome_for_another_invoice_of_the_file_does_not_count() {
    let events = [
        Event::new(&sample("PA001_RC_001"), date("2026-11-25")),
        Event::new(&sample("PA001_NE_001"), date("2026-12-01")),
    ];
    let invoice = |numero: &str, anno| Some(RiferimentoFattura { numero: numero.to_owned(), anno, posizione: None });
    let cases = [
        (None, State::Accepted),
        (invoice("2026/17", Some(2026)), State::Accepted),
        (invoice("2026/17", None), State::Accepted),
        (invoice("2026/17", Some(2025)), State::Delivered),
        (invoice("2026/16", Some(2026)), State::Delivered),
    ];
    for (invoice, expected) in cases {
        let issued = Issued { invoice, ..issued(Family::PublicBody) };
        assert_eq!(state(&events, &issued, date("2026-12-02")).state, expected, "{issued:?}");
    }
}

#[test]
fn the_reason_of_a_public_body_is_kept() {
    let events = [Event::new(&sample("PA002_NE_001"), date("2026-12-01"))];
    let standing = state(&events, &issued(Family::PublicBody), date("2026-12-02"));
    assert_eq!(standing.descrizione.as_deref(), Some("Manca il numero della determina"));
}

#[test]
fn advice_names_the_day_in_both_languages() {
    let refused = [refusal("00423", "2026-11-26")];
    let advice = |today: &str| state(&refused, &issued(Family::Private), date(today)).what_to_do.unwrap();
    let in_time = advice("2026-12-01");
    assert!(in_time.text_it.contains("entro il 01/12/2026"), "{}", in_time.text_it);
    assert!(in_time.text_en.contains("by 1 December 2026"), "{}", in_time.text_en);
    let late = advice("2026-12-02");
    assert!(late.text_it.contains("Il termine era il 01/12/2026"), "{}", late.text_it);
    assert!(late.text_en.contains("The last day was 1 December 2026"), "{}", late.text_en);
    assert!(!late.text_it.contains("  ") && !late.text_en.contains("  "));
}

fn any_event() -> impl Strategy<Value = Event> {
    let kind = proptest::sample::select(MessageKind::ALL.to_vec());
    let code = proptest::sample::select(vec!["00002", "00404", "00423"]);
    (kind, 0..40_u64, any::<bool>(), code).prop_map(|(kind, days, accepted, code)| {
        let on = date("2026-11-24").checked_add_days(Days::new(days)).unwrap().to_string();
        match kind {
            MessageKind::Ne => outcome_of(if accepted { Esito::Ec01 } else { Esito::Ec02 }, &on),
            MessageKind::Ns => refusal(code, &on),
            MessageKind::Mc if accepted => available(&on),
            _ => event(kind, &on),
        }
    })
}

proptest! {
    #[test]
    fn neither_order_nor_copies_matter(
        (events, shuffled) in proptest::collection::vec(any_event(), 0..8).prop_flat_map(|events| {
            let twice = [events.clone(), events.clone()].concat();
            (Just(events), Just(twice).prop_shuffle())
        }),
        days in 0..60_u64,
        is_private in any::<bool>(),
    ) {
        let today = date("2026-11-24").checked_add_days(Days::new(days)).unwrap();
        let issued = issued(if is_private { Family::Private } else { Family::PublicBody });
        let (mut one, mut other) = (state(&events, &issued, today), state(&shuffled, &issued, today));
        one.errors.sort_by(|left, right| left.codice.cmp(&right.codice));
        other.errors.sort_by(|left, right| left.codice.cmp(&right.codice));
        prop_assert_eq!(one, other);
    }
}
