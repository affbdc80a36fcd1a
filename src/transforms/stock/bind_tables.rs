//! Checks the tables of a `stock` step: their columns, keys and types.

use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::stock::level::{KINDS, Kind};
use crate::domain::stock::quantity::MAX_DECIMALS;
use crate::domain::types::{Schema, Type};
use crate::expr::Typed;
use crate::transforms::stock::bind::Binder;
use crate::transforms::stock::kits::KitsPlan;
use crate::transforms::stock::pools::{Age, LastPlan, Quantities, UnsyncedPlan};
use crate::transforms::stock::tables::{Fba, Incoming, Kits, Last, Suppliers, Unsynced};
use crate::transforms::stock::value::{
    Value, bind_age, bind_bool, bind_date, bind_duration, bind_instant, bind_number, bind_text,
};

const HOUR: i64 = 3_600_000_000;

/// What is bound before the decimals of the units are known.
#[derive(Default)]
pub struct Tables {
    pub(super) on_hand: Option<Typed>,
    pub(super) reserved: Option<Typed>,
    pub(super) unavailable: Option<Typed>,
    pub(super) unsynced: Option<UnsyncedPlan>,
    pub(super) suppliers: Option<(Quantities, Option<Age>, Value)>,
    pub(super) fba: Option<Quantities>,
    pub(super) kits: Option<KitsPlan>,
    pub(super) incoming: Option<(Quantities, Typed)>,
    pub(super) last: Option<LastPlan>,
}

impl Tables {
    /// Decimals that no quantity exceeds.
    pub(super) fn scale(&self) -> u8 {
        let quantities = [
            self.unsynced.as_ref().map(|plan| &plan.rows.quantity),
            self.suppliers.as_ref().map(|plan| &plan.0.quantity),
            self.fba.as_ref().map(|plan| &plan.quantity),
            self.kits.as_ref().map(|plan| &plan.needed),
            self.kits.as_ref().and_then(|plan| plan.available.as_ref()),
            self.incoming.as_ref().map(|plan| &plan.0.quantity),
            self.on_hand.as_ref(),
            self.reserved.as_ref(),
            self.unavailable.as_ref(),
        ];
        quantities.into_iter().flatten().map(|typed| scale(typed.ty())).max().unwrap_or(0)
    }
}

fn scale(ty: &Type) -> u8 {
    match ty {
        Type::Decimal { scale, .. } => (*scale).min(MAX_DECIMALS),
        _ => 0,
    }
}

impl<'a> Binder<'a> {
    pub(super) fn tables(&self) -> Tables {
        let (stock, input, cx) = (self.stock, self.input, self.cx);
        cx.require_column(input, &stock.key);
        if cx.require_column(input, &stock.warehouse) {
            let _ = bind_text(&stock.warehouse, input, cx);
        }
        Tables {
            on_hand: bind_number(&stock.on_hand, input, cx),
            reserved: self.taken(stock.reserved.as_ref(), "reserved"),
            unavailable: self.taken(stock.unavailable.as_ref(), "unavailable"),
            unsynced: stock.unsynced.as_ref().and_then(|table| self.unsynced(&Unsynced::of(table))),
            suppliers: stock.suppliers.as_ref().and_then(|suppliers| self.suppliers(suppliers)),
            fba: stock.fba.as_ref().and_then(|table| {
                let Fba { table, key, quantity } = Fba::of(table);
                self.quantities(&table, key.as_ref(), quantity.as_ref())
            }),
            kits: stock.kits.as_ref().and_then(|table| self.kits(&Kits::of(table))),
            incoming: stock.incoming.as_ref().and_then(|table| self.incoming(&Incoming::of(table))),
            last: stock.last.as_ref().and_then(|last| self.last(last)),
        }
    }

    /// A quantity that is subtracted: as given, or the canonical column when the table has it.
    fn taken(&self, given: Option<&Text>, canonical: &str) -> Option<Typed> {
        let (input, cx) = (self.input, self.cx);
        let kind = self.stock.quantity_kind.as_str();
        let always_other = KINDS.iter().any(|(word, value)| *word == kind && *value != Kind::Physical);
        if let (Some(written), true) = (given, always_other) {
            let message = format!(
                "`{canonical}` would be subtracted twice: `quantity_kind` says that the quantity is already {kind}"
            );
            cx.report(
                Diagnostic::error(Code::BadValue, written.place(), message)
                    .help(format!("remove `{canonical}`, or write `quantity_kind: physical`")),
            );
            return None;
        }
        let canonical = Text::from(canonical);
        let written = given.or_else(|| (!always_other && input.contains(canonical.as_str())).then_some(&canonical))?;
        bind_number(written, input, cx)
    }

    /// Schema and key of another table; the key must be of the article's type.
    pub(super) fn other(&self, table: &Text, key: Option<&Text>) -> Option<(&'a Schema, String)> {
        let cx = self.cx;
        let schema = cx.table(table)?;
        let key = key.cloned().unwrap_or_else(|| self.stock.key.clone().at(table.place()));
        if !cx.require_column(schema, &key) {
            return None;
        }
        let (here, there) = (self.input.get(self.stock.key.as_str())?, schema.get(key.as_str())?);
        if here != there {
            let message = format!("`{key}` of `{table}` is {there}, but `{}` here is {here}", self.stock.key);
            cx.report(
                Diagnostic::error(Code::KeyMismatch, key.place(), message)
                    .help("codes of articles are text on both sides"),
            );
            return None;
        }
        Some((schema, key.as_str().to_owned()))
    }

    fn quantities(&self, table: &Text, key: Option<&Text>, quantity: Option<&Text>) -> Option<Quantities> {
        let schema = self.cx.table(table)?;
        let quantity = quantity.cloned().unwrap_or_else(|| Text::new("qty", table.place()));
        let typed = bind_number(&quantity, schema, self.cx);
        let (_, key) = self.other(table, key)?;
        Some(Quantities { key, quantity: typed? })
    }

    fn unsynced(&self, unsynced: &Unsynced) -> Option<UnsyncedPlan> {
        let cx = self.cx;
        let schema = cx.table(&unsynced.table)?;
        let rows = self.quantities(&unsynced.table, unsynced.key.as_ref(), unsynced.quantity.as_ref());
        let order = unsynced.order.as_ref().filter(|order| order.check(schema, cx));
        let line = unsynced.line.as_ref().filter(|line| cx.require_column(schema, line));
        if let (Some(line), None) = (&unsynced.line, &unsynced.order) {
            cx.error(Code::MissingKey, line, "`line` is a line of an order: say by `order` which columns identify it");
        }
        let imported = unsynced.imported.as_ref().and_then(|written| bind_bool(written, schema, cx));
        let imported_in = self.imported_in(unsynced, schema);
        let time = self.time(unsynced, schema);
        Some(UnsyncedPlan {
            rows: rows?,
            order: order.map(super::super::names::Names::to_strings).unwrap_or_default(),
            line: line.map(ToString::to_string),
            imported,
            imported_in,
            time,
        })
    }

    fn imported_in(&self, unsynced: &Unsynced, schema: &Schema) -> Option<Vec<String>> {
        let cx = self.cx;
        let imported = unsynced.imported_in.as_ref()?;
        let there = cx.table(&imported.table)?;
        let Some(order) = &unsynced.order else {
            cx.error(
                Code::MissingKey,
                &imported.table,
                "imported orders are found by their identity: say by `order` which columns identify an order",
            );
            return None;
        };
        if !imported.order.check(there, cx) {
            return None;
        }
        let pairs: Vec<_> = order.0.iter().zip(&imported.order.0).collect();
        let same = |(here, other): &(&Text, &Text)| schema.get(here.as_str()) == there.get(other.as_str());
        if order.0.len() != imported.order.0.len() || !pairs.iter().all(same) {
            cx.error(
                Code::KeyMismatch,
                &imported.table,
                "the columns that identify an order must be as many on both sides, and of the same types",
            );
            return None;
        }
        Some(imported.order.to_strings())
    }

    fn time(&self, unsynced: &Unsynced, schema: &Schema) -> Option<(Typed, Typed, i64)> {
        let cx = self.cx;
        match (&unsynced.placed_at, &unsynced.snapshot_at) {
            (Some(placed), Some(snapshot)) => {
                let (placed, snapshot) = (bind_instant(placed, schema, cx), bind_instant(snapshot, schema, cx));
                let margin = match &unsynced.margin {
                    Some(margin) => bind_duration(margin, cx)?,
                    None => HOUR / 4,
                };
                Some((placed?, snapshot?, margin))
            }
            (Some(one), None) | (None, Some(one)) => {
                cx.error(Code::MissingKey, one, "`placed_at` and `snapshot_at` are compared: give both");
                None
            }
            (None, None) => None,
        }
    }

    fn suppliers(&self, suppliers: &Suppliers) -> Option<(Quantities, Option<Age>, Value)> {
        let cx = self.cx;
        let Some(table) = &suppliers.table else {
            self.supplier_rows(suppliers);
            return None;
        };
        let schema = cx.table(table)?;
        let rows = self.quantities(table, suppliers.key.as_ref(), suppliers.quantity.as_ref());
        let age = match (&suppliers.received_at, &suppliers.age_hours) {
            (Some(received), None) => bind_instant(received, schema, cx).map(Age::Since),
            (None, Some(age)) => bind_number(age, schema, cx).map(Age::Hours),
            (Some(one), Some(_)) => {
                cx.error(Code::BadValue, one, "the age is known from `received_at` or from `age_hours`: keep one");
                None
            }
            (None, None) => None,
        };
        let limit = match &suppliers.max_age {
            Some(limit) => bind_age(limit, schema, cx),
            None => Some(Value::Constant(24 * HOUR)),
        };
        if let (Some(limit), None, None) = (&suppliers.max_age, &suppliers.received_at, &suppliers.age_hours) {
            cx.error(Code::MissingKey, limit, "nothing says how old an answer is: give `received_at` or `age_hours`");
        }
        Some((rows?, age, limit?))
    }

    /// Without a table, suppliers are rows of the step's own table.
    fn supplier_rows(&self, suppliers: &Suppliers) {
        let ages =
            [&suppliers.key, &suppliers.quantity, &suppliers.received_at, &suppliers.age_hours, &suppliers.max_age];
        for written in ages.into_iter().flatten() {
            self.cx.error(
                Code::MissingKey,
                written,
                "without `table`, suppliers are the step's own rows, of which only `buffer` and `trust` can be said",
            );
        }
    }

    fn kits(&self, kits: &Kits) -> Option<KitsPlan> {
        let cx = self.cx;
        let schema = cx.table(&kits.table)?;
        let default =
            |given: &Option<Text>, name: &str| given.clone().unwrap_or_else(|| Text::new(name, kits.table.place()));
        let key = self.other(&kits.table, Some(&default(&kits.key, "kit")));
        let component = self.other(&kits.table, Some(&default(&kits.component, "component")));
        let needed = bind_number(&default(&kits.quantity, "qty"), schema, cx);
        let available = kits.available.as_ref().map(|written| bind_number(written, schema, cx));
        Some(KitsPlan {
            kit: key?.1,
            component: component?.1,
            needed: needed?,
            available: match available {
                Some(available) => Some(available?),
                None => None,
            },
            mode: kits.mode,
            sharing: kits.sharing,
        })
    }

    fn incoming(&self, incoming: &Incoming) -> Option<(Quantities, Typed)> {
        let schema = self.cx.table(&incoming.table)?;
        let rows = self.quantities(&incoming.table, incoming.key.as_ref(), incoming.quantity.as_ref());
        let date = incoming.date.clone().unwrap_or_else(|| Text::new("expected_on", incoming.table.place()));
        let date = bind_date(&date, schema, self.cx);
        Some((rows?, date?))
    }

    fn last(&self, last: &Last) -> Option<LastPlan> {
        let cx = self.cx;
        let schema = cx.table(&last.table)?;
        let before = cx.reported();
        let at = last.at.clone().unwrap_or_else(|| Text::new("published_at", last.table.place()));
        let at = bind_instant(&at, schema, cx);
        let mut quantities = Vec::new();
        for (index, name) in self.stock.channels.keys().enumerate() {
            let default = Text::new(format!("{name}_qty"), last.table.place());
            let written = match last.columns.get(name) {
                Some(written) => written,
                None if schema.contains(default.as_str()) => &default,
                None => continue,
            };
            quantities.extend(bind_number(written, schema, cx).map(|typed| (index, typed)));
        }
        for name in last.columns.keys().filter(|name| !self.stock.channels.contains_key(*name)) {
            let known = self.stock.channels.keys().map(Text::as_str);
            let message = format!("`{name}` is no channel of this step");
            cx.report(Diagnostic::error(Code::BadValue, name.place(), message).helps(did_you_mean(name, known)));
        }
        if quantities.is_empty() && before == cx.reported() {
            let message = format!("`{}` has no quantity of any channel", last.table);
            cx.report(
                Diagnostic::error(Code::MissingKey, last.table.place(), message)
                    .help("say by `columns: { CHANNEL: column }` which columns hold what was published"),
            );
        }
        let keep = match &last.keep {
            Some(keep) => bind_duration(keep, cx),
            None => Some(4 * HOUR),
        };
        let (_, key) = self.other(&last.table, last.key.as_ref())?;
        Some(LastPlan { key, at: at?, quantities, keep: keep? })
    }
}
