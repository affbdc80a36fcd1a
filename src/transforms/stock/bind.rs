//! Checks a `stock` step against its tables and makes its plan; every problem at once.

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean};
use crate::domain::money::Decimal;
use crate::domain::money::exact::Rounding;
use crate::domain::stock::Rule;
use crate::domain::stock::level::{KINDS, POLICIES};
use crate::domain::stock::quantity::{MAX_DECIMALS, piece};
use crate::domain::types::{Schema, Type};
use crate::expr::Typed;
use crate::expr::typed::{Kind as Node, Literal};
use crate::transforms::number::is_exact;
use crate::transforms::stock::bind_tables::Tables;
use crate::transforms::stock::channel::{Channel, RuleScope};
use crate::transforms::stock::inputs::tables;
use crate::transforms::stock::outputs::ALERTS;
use crate::transforms::stock::plan::{ChannelPlan, RulesPlan, StockPlan, rule_column};
use crate::transforms::stock::pools::{Age, ArticlesPlan, Quantities, SuppliersPlan};
use crate::transforms::stock::rows::{RowsPlan, Serves};
use crate::transforms::stock::tables::{Add, Articles, KitMode, Kits, Rules, Suppliers};
use crate::transforms::stock::value::{
    Choice, Value, bind_bool, bind_date, bind_duration, bind_instant, bind_number, bind_quantity, bind_share, bind_text,
};
use crate::transforms::stock::{Duplicates, Stock};
use crate::transforms::{BoundStep, RowEffect, StepCx};

/// Decimals of quantities that are not whole: the language's `quantity`.
const QUANTITY_DECIMALS: u8 = 3;
const HOUR: i64 = 3_600_000_000;

/// Checks the step; `None` when a problem was reported.
pub fn bind(stock: &Stock, input: &Schema, cx: &BindCx) -> Option<BoundStep> {
    let before = cx.reported();
    let binder = Binder { stock, input, cx };
    let tables = binder.tables();
    let scale = tables.scale().max(binder.written_scale());
    let plan = binder.plan(tables, scale);
    if cx.reported() > before {
        return None;
    }
    let plan = plan?;
    let schema = plan.schema(input).map_err(|name| {
        cx.error(Code::DuplicateColumn, &stock.key, format!("two columns would be called `{name}`"));
    });
    let lower = move |inputs, step: &StepCx| plan.lower(inputs, step);
    Some(BoundStep::many(schema.ok()?, RowEffect::Changes, lower))
}

/// A step and the tables it is checked against.
pub struct Binder<'a> {
    pub(super) stock: &'a Stock,
    pub(super) input: &'a Schema,
    pub(super) cx: &'a BindCx<'a>,
}

impl Binder<'_> {
    /// Decimals of the safety stock that is written in the step itself; those of a channel's rules are rounded, as they
    /// do not make pieces divisible.
    fn written_scale(&self) -> u8 {
        match self.stock.safety.as_ref().and_then(|text| text.as_str().parse::<Decimal>().ok()) {
            Some(safety) => safety.trimmed().scale.min(MAX_DECIMALS),
            None => 0,
        }
    }
    fn plan(&self, tables_of: Tables, scale: u8) -> Option<StockPlan> {
        let (stock, cx) = (self.stock, self.cx);
        let articles = stock.articles.as_ref().map(Articles::of);
        let article_schema = articles.as_ref().and_then(|articles| cx.table(&articles.table));
        let article_key = articles.as_ref().and_then(|articles| self.other(&articles.table, articles.key.as_ref()));
        let scope = RuleScope { articles: article_schema, scale };
        let rules = stock.rules.as_ref().and_then(|table| self.rules(&Rules::of(table)));
        let mut sets = Vec::new();
        let channels: Vec<Option<ChannelPlan>> = stock
            .channels
            .iter()
            .enumerate()
            .map(|(index, (name, channel))| self.channel(index, name, channel, &scope, rules.as_ref(), &mut sets))
            .collect();
        let needs_all = rules.as_ref().is_some_and(|rules| rules.list.is_some())
            || stock.kits.as_ref().is_some_and(|kits| Kits::of(kits).mode == KitMode::Both);
        let all_set = needs_all.then(|| set_of(&mut sets, Serves::All));
        let empty = Schema::new();
        let facts = article_schema.unwrap_or(&empty);
        let day = stock.day.as_ref().and_then(|day| bind_date(day, facts, cx));
        let end_of_life = stock.end_of_life.as_ref().and_then(|end| bind_date(end, facts, cx));
        let now = stock.now.as_ref().and_then(|now| self.instant(now));
        let max_drop = stock.last.as_ref().and_then(|last| last.max_drop.as_ref());
        let max_drop = max_drop.map_or(Some(Decimal::new(3, 1)), |drop| drop.fraction(cx));
        let pieces = stock.whole.unwrap_or(scale == 0);
        let rows = self.rows(&tables_of, sets, scale, if pieces { piece(scale) } else { 1 });
        let suppliers = self.suppliers_plan(tables_of.suppliers, scale);
        let channels: Vec<ChannelPlan> = channels.into_iter().collect::<Option<_>>()?;
        let articles = article_key.map(|(_, key)| {
            let mut columns: Vec<String> = channels.iter().flat_map(ChannelPlan::columns).collect();
            columns.extend(day.iter().chain(&end_of_life).flat_map(Typed::columns));
            columns.retain(|name| !name.starts_with("__"));
            columns.sort();
            columns.dedup();
            ArticlesPlan { key, columns }
        });
        Some(StockPlan {
            key: stock.key.as_str().to_owned(),
            roles: tables(stock).into_iter().map(|(role, _)| role).collect(),
            rows: rows?,
            all_set,
            articles,
            unsynced: tables_of.unsynced,
            suppliers,
            adds_always: stock.suppliers.as_ref().is_some_and(|suppliers| suppliers.add == Add::Always),
            fba: tables_of.fba,
            kits: tables_of.kits.filter(|kits| kits.mode != KitMode::Prepacked),
            incoming: tables_of.incoming,
            last: tables_of.last,
            max_drop: max_drop?,
            rules,
            day,
            now,
            end_of_life: end_of_life.map(|end| (end, stock.remove_after.unwrap_or(30))),
            scale,
            decimals: [if scale == 0 { 0 } else { QUANTITY_DECIMALS }, if pieces { 0 } else { QUANTITY_DECIMALS }],
            trace: stock.trace,
            sort: stock.sort,
            channels,
        })
    }

    fn instant(&self, written: &Text) -> Option<i64> {
        let typed = bind_instant(written, &Schema::new(), self.cx)?;
        if let Node::Literal(Literal::Timestamp(micros)) = typed.kind {
            return Some(micros);
        }
        let message = "`now` is one instant for the whole run: a parameter, or `TIMESTAMP '2026-11-24 02:00:00'`";
        self.cx.error(Code::BadValue, written, message);
        None
    }

    fn suppliers_plan(&self, bound: Option<(Quantities, Option<Age>, Value)>, scale: u8) -> Option<SuppliersPlan> {
        let suppliers = self.stock.suppliers.as_ref()?;
        let schema = self.cx.table(suppliers.table.as_ref()?)?;
        let (rows, age, max_age) = bound?;
        let [buffer, trust] = self.supplier_values(suppliers, Some(schema), scale);
        Some(SuppliersPlan { rows, buffer, trust, age, max_age })
    }

    fn supplier_values(&self, suppliers: &Suppliers, schema: Option<&Schema>, scale: u8) -> [Option<Value>; 2] {
        let cx = self.cx;
        let buffer = suppliers.buffer.as_ref();
        let trust = suppliers.trust.as_ref();
        [
            buffer.and_then(|written| bind_quantity(written, schema, scale, Rounding::Ceil, cx)),
            trust.and_then(|written| bind_share(written, schema, cx)),
        ]
    }

    fn rows(&self, tables: &Tables, serves: Vec<Serves>, scale: u8, piece: i64) -> Option<RowsPlan> {
        let (stock, input, cx) = (self.stock, self.input, self.cx);
        let kind = Choice::bind(&stock.quantity_kind, &KINDS, input, cx);
        let negative = Choice::bind(&stock.negative, &POLICIES, input, cx);
        let safety =
            stock.safety.as_ref().and_then(|written| bind_quantity(written, Some(input), scale, Rounding::Ceil, cx));
        let supplier = match stock.suppliers.as_ref().filter(|suppliers| suppliers.table.is_none()) {
            Some(suppliers) => self.supplier_values(suppliers, Some(input), scale),
            None => [None, None],
        };
        let as_of = if let Some(taken) = &stock.as_of {
            let age = stock.max_age.as_ref().map_or(Some(4 * HOUR), |age| bind_duration(age, cx));
            bind_instant(taken, input, cx).zip(age)
        } else {
            if let Some(age) = &stock.max_age {
                cx.error(Code::MissingKey, age, "nothing says how old a row is: give `as_of`");
            }
            None
        };
        Some(RowsPlan {
            key: stock.key.as_str().to_owned(),
            warehouse: stock.warehouse.as_str().to_owned(),
            on_hand: tables.on_hand.clone()?,
            reserved: tables.reserved.clone(),
            unavailable: tables.unavailable.clone(),
            kind: kind?,
            safety,
            negative: negative?,
            supplier,
            as_of,
            sums_duplicates: stock.duplicates == Duplicates::Sum,
            serves,
            names_warehouses: stock.trace,
            scale,
            piece,
        })
    }

    fn rules(&self, rules: &Rules) -> Option<RulesPlan> {
        let cx = self.cx;
        let schema = cx.table(&rules.table)?;
        let channel = rules.channel.clone().unwrap_or_else(|| Text::new("channel", rules.table.place()));
        if cx.require_column(schema, &channel) {
            let _ = bind_text(&channel, schema, cx);
        }
        let known = Rule::ALL.map(Rule::name).into_iter().chain(["warehouses"]);
        for name in rules.columns.keys().filter(|name| !known.clone().any(|known| known == name.as_str())) {
            let message =
                format!("`{name}` is no rule of a channel: {} are", known.clone().collect::<Vec<_>>().join(", "));
            cx.report(
                Diagnostic::error(Code::BadValue, name.place(), message).helps(did_you_mean(name, known.clone())),
            );
        }
        let find = |name: &str| match rules.columns.get(&Text::from(name)) {
            Some(written) => cx.require_column(schema, written).then(|| written.clone()),
            None => schema.contains(name).then(|| Text::new(name, rules.table.place())),
        };
        let mut values = Vec::new();
        for rule in Rule::ALL {
            let Some(written) = find(rule.name()) else { continue };
            let ty = schema.get(written.as_str())?;
            if is_exact(ty) {
                values.push((rule, written.as_str().to_owned(), ty.clone()));
            } else {
                let _ = bind_number(&written, schema, cx);
            }
        }
        let list = find("warehouses").filter(|written| self.is_list(written, schema));
        Some(RulesPlan {
            channel: channel.as_str().to_owned(),
            list: list.map(|text| text.as_str().to_owned()),
            values,
        })
    }

    fn is_list(&self, written: &Text, schema: &Schema) -> bool {
        let Some(ty) = schema.get(written.as_str()) else { return false };
        if matches!(ty, Type::List(item) if **item == Type::Text) {
            return true;
        }
        let message = format!("`{written}` is {ty}: the warehouses of a channel are a `list<text>`");
        self.cx.report(
            Diagnostic::error(Code::TypeMismatch, written.place(), message)
                .help(format!("make one of a text by `SPLIT({written}, '|')` in a `derive`")),
        );
        false
    }

    fn channel(
        &self,
        index: usize,
        name: &Text,
        channel: &Channel,
        scope: &RuleScope,
        table: Option<&RulesPlan>,
        sets: &mut Vec<Serves>,
    ) -> Option<ChannelPlan> {
        let mut rules = channel.bind(name, index, scope, self.cx);
        let (set, by_rules) = self.serves(name, channel, table)?;
        if let (Some(bound), Some(table)) = (&mut rules, table) {
            let mut own: Vec<Rule> = bound.rules.iter().map(|(rule, _)| *rule).collect();
            if own.iter().any(|rule| *rule <= Rule::Percent) {
                // One stands for the other: what the channel says itself goes before.
                own.extend([Rule::Fixed, Rule::Percent]);
            }
            for (rule, _, ty) in table.values.iter().filter(|(rule, ..)| !own.contains(rule)) {
                let node = Node::Column(rule_column(name, *rule));
                bound.rules.push((*rule, Value::Computed(Typed::new(node, ty.clone(), name.place()))));
            }
            bound.rules.sort_by_key(|(rule, _)| *rule);
        }
        let label = match &set {
            Serves::All => Some(String::from("sum:all")),
            Serves::Codes(codes) => Some(format!("sum:{}", codes.join("+"))),
            Serves::Rows(_) | Serves::Rules(_) => None,
        };
        Some(ChannelPlan { name: name.as_str().to_owned(), rules: rules?, set: set_of(sets, set), by_rules, label })
    }

    /// The warehouses of a channel, and whether the table of rules decides them.
    fn serves(&self, name: &Text, channel: &Channel, rules: Option<&RulesPlan>) -> Option<(Serves, bool)> {
        let (stock, cx) = (self.stock, self.cx);
        if let Some(only) = &channel.only {
            if let Some(both) = &channel.warehouses {
                let message = format!("channel `{name}` has both `where` and `warehouses`: keep one");
                cx.error(Code::BadValue, both.first().unwrap_or(only), message);
                return None;
            }
            return Some((Serves::Rows(Box::new(bind_bool(only, self.input, cx)?)), false));
        }
        if let (Some(all), Some(own)) = (&stock.warehouses, &channel.warehouses) {
            for code in own.iter().filter(|code| !all.contains(code)) {
                let known: Vec<&str> = all.iter().map(Text::as_str).collect();
                let message = format!(
                    "channel `{name}` is served from `{code}`, which is not among the `warehouses` of the step"
                );
                cx.report(
                    Diagnostic::error(Code::BadValue, code.place(), message)
                        .help(format!("warehouses: {}", known.join(", "))),
                );
            }
        }
        let codes = |codes: &Vec<Text>| Serves::Codes(codes.iter().map(|code| code.as_str().to_owned()).collect());
        Some(match (&channel.warehouses, rules.and_then(|rules| rules.list.as_ref()), &stock.warehouses) {
            (Some(own), _, _) => (codes(own), false),
            (None, Some(_), _) => (Serves::Rules(name.as_str().to_owned()), true),
            (None, None, Some(all)) => (codes(all), false),
            (None, None, None) => (Serves::All, false),
        })
    }
}

/// The index of a set of warehouses, which is added when there is no equal one.
fn set_of(sets: &mut Vec<Serves>, set: Serves) -> usize {
    let same = |other: &Serves| match (&set, other) {
        (Serves::All, Serves::All) => true,
        (Serves::Codes(one), Serves::Codes(other)) => one == other,
        _ => false,
    };
    if let Some(index) = sets.iter().position(same) {
        return index;
    }
    sets.push(set);
    sets.len() - 1
}

impl ChannelPlan {
    /// Columns of the catalogue that the rules ask about.
    fn columns(&self) -> Vec<String> {
        let rules = &self.rules;
        let conditions = [&rules.fba, &rules.atp, &rules.backorder, &rules.preorder];
        let values = rules.rules.iter().map(|(_, value)| value).chain(&rules.low);
        let computed = values.filter_map(|value| match value {
            Value::Computed(typed) => Some(typed),
            Value::Constant(_) => None,
        });
        conditions.into_iter().flatten().chain(computed).flat_map(Typed::columns).collect()
    }
}

impl StockPlan {
    /// The columns that come out.
    ///
    /// # Errors
    /// The name that two columns would have.
    fn schema(&self, input: &Schema) -> Result<Schema, String> {
        let number = |decimals: u8| if decimals == 0 { Type::Integer } else { Type::QUANTITY };
        let [pool, shown] = self.decimals;
        let mut columns = vec![(self.key.clone(), input.get(&self.key).cloned().unwrap_or(Type::Text))];
        for channel in &self.channels {
            let names = channel.outputs();
            columns.push((names.pool, number(pool)));
            if self.incoming.is_some() {
                columns.push((names.atp, number(pool)));
            }
            columns.push((names.quantity, number(shown)));
            columns.push((names.availability, Type::Text));
            if self.dates(channel) {
                columns.push((names.date, Type::Date));
            }
            if self.trace {
                columns.push((names.trace, Type::Text));
            }
        }
        columns.push((String::from(ALERTS), Type::Text));
        let mut schema = Schema::new();
        for (name, ty) in columns {
            if schema.insert(name.clone(), ty).is_some() {
                return Err(name);
            }
        }
        Ok(schema)
    }
}
