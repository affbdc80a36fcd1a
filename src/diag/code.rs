//! The codes of all diagnostics, listed once.
//!
//! A code is a promise: its name does not change, because people search for it and scripts
//! compare it. The reference page of each code is generated from this table.

use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($($variant:ident $name:literal $title:literal $why:literal wrong $wrong:literal right $right:literal)*) => {
        /// What kind of problem a diagnostic reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        const ALL: &[Code] = &[$(Code::$variant,)*];

        impl Code {
            /// The stable name, as in `error[unknown-key]`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What is wrong, in one phrase.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Why it is wrong and what to do, in one paragraph.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $why,)* }
            }

            /// An example of the mistake: a piece of a pipeline, of data or of a command line.
            #[must_use]
            pub fn wrong(self) -> &'static str {
                match self { $(Self::$variant => $wrong,)* }
            }

            /// The same example put right.
            #[must_use]
            pub fn right(self) -> &'static str {
                match self { $(Self::$variant => $right,)* }
            }
        }
    };
}

codes! {
    // The notation.
    YamlSyntax "yaml-syntax" "the file is not well-formed YAML"
        "The text breaks the rules of YAML at the place shown, so nothing after it can be read. The usual causes are a tab used for indentation, a quote that is never closed, and a value that contains `: ` or begins with `*`, `@` or `%` without quotes."
        wrong "path: *.csv" right "path: \"*.csv\""
    YamlBudget "yaml-budget" "the file is too large, too deep or repeats itself too much"
        "A pipeline is at most 1 MiB with all its aliases and includes written out, and 64 levels deep. Larger ones are refused before they can fill the memory. Data belongs in a file that the pipeline reads."
        wrong "inline: [ ... 100,000 rows ... ]" right "file: { path: rows.csv }"
    DuplicateKey "duplicate-key" "the same key is written twice in one mapping"
        "Only one of the two values could be used, and which one is a matter of chance. Keep one."
        wrong "on: sku\non: ean" right "on: [sku, ean]"
    UnknownTag "unknown-tag" "a `!tag` that the language does not have"
        "The tags are `!env NAME`, `!secret NAME`, `!param name` and `!include file`; each is followed by one plain word. `!!str` makes a text of a number."
        wrong "url: !environment SHOP_URL" right "url: !env SHOP_URL"
    IncludeFailed "include-failed" "an included file cannot be used"
        "The file named by `!include` is missing, unreadable, includes itself, or is more than 8 includes away. Paths are relative to the file that includes."
        wrong "seller: !include vendor.yaml" right "seller: !include venditore.yaml"

    // Shape of the pipeline.
    NotAPipeline "not-a-pipeline" "the file is something other than a pipeline"
        "A pipeline file is one mapping with `pipeline`, `extract`, `transform` and `load`. A list, a single value or an empty file is none."
        wrong "- extract: ..." right "pipeline: listino\nextract: ..."
    UnknownKey "unknown-key" "a key that this mapping does not have"
        "Every key has a meaning; a misspelt one would be silently without effect. The message lists the keys that are known at this place."
        wrong "file: { path: a.csv, delimeter: \";\" }" right "file: { path: a.csv, delimiter: \";\" }"
    UnknownKind "unknown-kind" "a kind of source, step, load or format that does not exist"
        "The kind is the key: `filter:`, `join:`, `csv:`. The message lists the kinds that are possible at this place."
        wrong "steps: [ where: \"qty > 0\" ]" right "steps: [ filter: \"qty > 0\" ]"
    NoKind "no-kind" "no kind is given where one is needed"
        "An extract, a step and a load each say by one key what they are."
        wrong "articoli: { schema: product }" right "articoli: { file: { path: a.csv }, schema: product }"
    ManyKinds "many-kinds" "several kinds are given where one is needed"
        "A step does one thing; two things are two steps, in the order in which they are to happen."
        wrong "- filter: \"a > 0\"\n  sort: a" right "- filter: \"a > 0\"\n- sort: a"
    MissingKey "missing-key" "a key that is needed is absent"
        "This mapping means nothing without the key named in the message, and there is no safe value to assume."
        wrong "join: { with: prezzi }" right "join: { with: prezzi, on: sku }"
    WrongType "wrong-type" "a value of another shape is needed"
        "A list was written where one value is needed, text where a number is, and so on. Numbers and `true`/`false` are written without quotes."
        wrong "limit: \"10\"" right "limit: 10"
    BadValue "bad-value" "a value that is not allowed here"
        "The value has the right shape, but its content cannot be used; the message says what is possible."
        wrong "lag: 15 minuti" right "lag: 15m"

    // Values that come from outside.
    SecretInClear "secret-in-clear" "a secret is written in the file"
        "A key or a password in a pipeline ends in the history of a repository and in copies of it. Refer to it by `!secret name` or `!env NAME`, and replace it at the platform if the file has left your machine."
        wrong "key: ck_0123456789" right "key: !secret woo_key"
    SecretMissing "secret-missing" "a secret is not available"
        "`!secret name` is looked up in the environment, under the name in upper case with `_` for `-`. It was not found there."
        wrong "key: !secret woo_kye" right "key: !secret woo_key"
    EnvMissing "env-missing" "an environment variable is not set"
        "`!env NAME` takes the value of the variable `NAME` of the process that runs the pipeline. Set it, also for cron, which has an environment of its own."
        wrong "url: !env WOO_ULR" right "url: !env WOO_URL"
    ParamUnknown "param-unknown" "a parameter that the pipeline does not declare"
        "`!param name` and `--param name=value` refer to the names under `params:`."
        wrong "raccordo run a.yaml --param gorno=2026-11-23" right "raccordo run a.yaml --param giorno=2026-11-23"
    ParamBadValue "param-bad-value" "a parameter has a value of another type"
        "The value given on the command line, or the default, is not of the type that `params:` declares."
        wrong "giorno: { type: date, default: ieri }" right "giorno: { type: date, default: yesterday }"
    UnknownConnection "unknown-connection" "a connection or resource that does not exist"
        "`from: name.resource` and `to: name.resource` refer to a name under `connections:` and to a resource of its platform."
        wrong "from: negozi.orders" right "from: negozio.orders"

    // Tables.
    UnknownTable "unknown-table" "a table that nothing defines"
        "Tables are the names under `extract` and `transform`. Their order in the file does not matter."
        wrong "from: articoi" right "from: articoli"
    DuplicateTable "duplicate-table" "two tables have the same name"
        "`extract` and `transform` share one space of names, so that a name always means one table."
        wrong "extract: { prezzi: ... }\ntransform: { prezzi: ... }" right "extract: { prezzi: ... }\ntransform: { prezzi_netti: ... }"
    UnusedTable "unused-table" "a table that nothing uses"
        "The table would be read and thrown away. Load it, use it in a transform, or remove it."
        wrong "extract: { clienti: ... } # never used" right "load: { anagrafica: { from: clienti, ... } }"
    TableCycle "table-cycle" "tables that need one another"
        "A table cannot be worked out from itself, not even by way of others. The message names the circle."
        wrong "a: { from: b }\nb: { from: a }" right "a: { from: articoli }\nb: { from: a }"

    // Columns and expressions.
    UnknownColumn "unknown-column" "a column that the table does not have at this point"
        "The columns are those after the steps above: a `select` or a `rename` earlier in the list may have taken it away. The message lists what there is."
        wrong "filter: \"giacnza > 0\"" right "filter: \"giacenza > 0\""
    DuplicateColumn "duplicate-column" "a step would make two columns of one name"
        "Names of columns are unique within a table. Rename one of the two first, or give the join a `suffix`."
        wrong "rename: { ean: sku } # sku exists" right "rename: { ean: barcode }"
    TypeMismatch "type-mismatch" "values of types that do not go together"
        "Text is never compared with a number, nor a date with text: a hidden conversion would be a hidden mistake. Convert with `CAST`, or write the literal in the column's type."
        wrong "filter: \"sku = 12\"" right "filter: \"sku = '0012'\""
    ExprSyntax "expr-syntax" "an expression is not well-formed"
        "Expressions are SQL expressions: text in single quotes, columns bare or in double quotes, `AND`, `OR`, `NOT`, `CASE WHEN ... END`."
        wrong "filter: \"stato == attivo\"" right "filter: \"stato = 'attivo'\""
    UnknownFunction "unknown-function" "a function that does not exist"
        "The message names the nearest function; the reference lists them all."
        wrong "derive: { t: \"LEFTT(titolo, 80)\" }" right "derive: { t: \"LEFT(titolo, 80)\" }"
    WrongArguments "wrong-arguments" "a function is called with the wrong arguments"
        "The number of the arguments or the type of one of them is not what the function takes."
        wrong "derive: { p: \"ROUND(prezzo, 'due')\" }" right "derive: { p: \"ROUND(prezzo, 2)\" }"
    BadPriceTable "bad-price-table" "a promotion, price list or rate that cannot be used"
        "A row of a table that prices depend on contradicts itself: no article, an unknown kind, a value below zero, a parent that is not there. Without it prices would be wrong without a word, so nothing is written. The message names the row."
        wrong "promo;sku;kind;value\n7;001;sconto;20" right "promo;sku;kind;value\n7;001;percent;20"
    AmbiguousPriceList "ambiguous-price-list" "two price lists are equal in everything that decides"
        "Both lists hold for the article, are as specific, have the same priority and start together: which one wins would be a matter of chance. Give one of them another `priority`, or end it."
        wrong "code;channel;priority\nA;ebay;1\nB;ebay;1" right "code;channel;priority\nA;ebay;1\nB;ebay;2"
    MissingPrice "missing-price" "a row has no price, and the step says `missing: fail`"
        "The base price is empty, zero or negative. A price is never zero: with `missing: reject` the row is kept as a reject, with `missing: skip` it is not published."
        wrong "price: { base: prezzo, missing: fail }" right "price: { base: prezzo, missing: skip }"
    DecimalOverflow "decimal-overflow" "a number leaves 38 digits"
        "Decimals are exact and have at most 38 digits, before and after the point together. Round earlier, or with fewer decimals."
        wrong "derive: { x: \"a * b * c * d\" }" right "derive: { x: \"ROUND(a * b, 4) * ROUND(c * d, 4)\" }"
    AggregateMisplaced "aggregate-misplaced" "an aggregate stands where rows are worked on one by one"
        "`SUM`, `COUNT` and the like belong in `aggregate`; `derive` and `filter` see one row at a time."
        wrong "derive: { totale: \"SUM(importo)\" }" right "aggregate: { by: [ordine], values: { totale: \"SUM(importo)\" } }"
    KeyMismatch "key-mismatch" "the keys of two tables do not correspond"
        "The columns on the two sides of a join must be as many and of the same types, in the same order."
        wrong "join: { with: b, on: { sku: codice } } # text and integer" right "cast: { codice: text }, then join"
    JoinNotUnique "join-not-unique" "a join finds several rows where one was promised"
        "A join of many to one needs a right table with one row per key; otherwise rows would silently multiply. Dedupe the right table, or say what you mean by `cardinality`."
        wrong "join: { with: listino, on: sku } # two prices for one sku" right "dedupe: { by: [sku], keep: last, order: [valido_dal] }"

    // Contracts and data.
    UnknownContract "unknown-contract" "a contract that does not exist"
        "`schema: NAME` refers to the file `NAME.yaml` in the folder `schemas` in the project's folder."
        wrong "schema: stock_levels" right "schema: stock_level"
    BadContract "bad-contract" "a contract that cannot be understood"
        "A contract lists columns with type, `required`, `unique`, ranges, values and patterns; something in it is none of these, or two of them contradict each other."
        wrong "sku: { type: testo }" right "sku: { type: text }"
    SchemaUnknown "schema-unknown" "the columns cannot be known without reading the source"
        "`check` opens no source. Give the extract a `schema` or the list of its `columns`, and mistakes in the steps are found before a run."
        wrong "ordini: { file: { path: ordini.json } }" right "ordini: { file: { path: ordini.json }, schema: order }"
    ColumnMissing "column-missing" "the source lacks a column that the contract requires"
        "The supplier has renamed or removed a column. The message lists the columns of the file and the nearest one."
        wrong "Codice Articolo;Giacenza" right "rename: { Codice Articolo: Codice }"
    BadFormat "bad-format" "a file is not in the format that was declared"
        "The content contradicts `format`: another separator or encoding, a sheet that is not there, a damaged archive, a document type declaration in XML."
        wrong "format: { csv: { delimiter: \",\" } } # the file has ;" right "format: { csv: { delimiter: \";\" } }"
    FileNotFound "file-not-found" "a file to be read does not exist"
        "No file answers to the path or pattern. Relative paths start from the project's folder: the nearest one with a `raccordo.yaml`, else the current one."
        wrong "path: fixtures/giacenza/*.csv" right "path: fixtures/giacenze/*.csv"
    BadPath "bad-path" "a path that cannot be used"
        "The path is empty, is a folder where a file is needed, or holds characters that file systems refuse."
        wrong "path: out/" right "path: out/listino.csv"
    PathEscapes "path-escapes" "a path made from data leaves its folder"
        "Parts of a path that come from rows may not climb out of the output folder by `..` or begin at the root: the rows are not the user's."
        wrong "path: \"out/{fornitore}.csv\" # fornitore = ../../x" right "filter: \"fornitore NOT LIKE '%..%'\""
    BadPattern "bad-pattern" "a pattern that is not well-formed"
        "A regular expression or a file pattern has an unclosed bracket, a repetition of nothing, or a feature that the engine lacks (look-around, back-references)."
        wrong "pattern: \"[0-9+\"" right "pattern: \"[0-9]+\""
    Unsupported "unsupported" "something that this version does not do"
        "The request is understood, but would not be carried out correctly, so it is refused rather than done by halves."
        wrong "a: &x { p: 1 }\nb: { <<: *x }" right "b: { p: 1 }"

    // A run.
    SourceFailed "source-failed" "a source could not be read"
        "The file, database or platform answered with an error, which the message repeats. Nothing was written."
        wrong "a workbook with a password" right "the same workbook, saved without it"
    WriteFailed "write-failed" "a destination could not be written"
        "The disk is full, the folder is not writable or the platform refused. What was there before is untouched: files are written beside and renamed at the end."
        wrong "path: /usr/listino.csv" right "path: out/listino.csv"
    RunFailed "run-failed" "a step failed during the run"
        "The data held something that the plan could not foresee; the message names the table and, where possible, the row by its keys."
        wrong "derive: { m: \"a / b\" } # b is 0" right "derive: { m: \"a / NULLIF(b, 0)\" }"
    BooksUnbalanced "books-unbalanced" "rows in and rows out do not agree"
        "At every node the rows that came in must be written, filtered, rejected or unchanged. They are not, so the run cannot be trusted; please report it."
        wrong "in 300 = out 280 + rejected 10" right "in 300 = out 280 + rejected 20"
    RejectsOverLimit "rejects-over-limit" "more rows were rejected than the pipeline allows"
        "`rejects: { fail_above: ... }` was exceeded. The rejected rows are kept with their reasons in the run's folder, and in the file that `rejects: { path: ... }` names."
        wrong "fail_above: 0%" right "fail_above: 1%"
    CheckFailed "check-failed" "a `check` step found rows that break its rule"
        "The step says `fail`, and the rule does not hold for the rows counted in the message."
        wrong "check: [ { name: margine, expr: \"prezzo > costo\", on_fail: fail } ]" right "check: [ { name: margine, expr: \"prezzo > costo\", on_fail: reject } ]"
    DoesNotClose "does-not-close" "a register does not add up to its orders"
        "A `register` step with `orders` compares what it was given with the orders, one by one and to the cent. They differ, so nothing is written: a line was lost before, an order was rejected, or an amount has changed. The message names how many orders differ and the first of them."
        wrong "vat rejects one line of an order, `documents` sees the others" right "documents: { columns: { total: totale } } # holds the whole order"
    GuardStopped "guard-stopped" "a guard stopped a load before anything was sent"
        "More would happen than the guard allows: rows deleted, values set to zero, prices changed, a table that shrank or is empty. A source that is half empty looks just like this. Look at `raccordo plan`; when it is meant, `--accept NAME` lets it pass once."
        wrong "raccordo run listino.yaml # the source is half empty" right "raccordo run listino.yaml --accept deletes"
    PlanMoved "plan-moved" "a plan is no longer true"
        "`apply` does exactly what `plan` has shown, or nothing. Inputs, pipeline or state have changed since; the message says which. Make the plan again."
        wrong "raccordo apply ieri.json" right "raccordo plan listino.yaml -o oggi.json && raccordo apply oggi.json"
    KeyRepeated "key-repeated" "two rows of a load have the same key"
        "The key of a load names one row at the destination; of two rows with one key, which of them stays would be a matter of chance. The message names both. Nothing of the load was sent."
        wrong "key: sku # two rows of one sku" right "key: [sku, canale]"
    LockHeld "lock-held" "another run of this pipeline is going on"
        "A pipeline runs once at a time. Wait for the other run, whose process is named in the message."
        wrong "two cron lines for one pipeline" right "one cron line"
    Interrupted "interrupted" "the run was interrupted"
        "Ctrl-C or a signal ended the run. Nothing half-written remains; run it again."
        wrong "^C" right "raccordo run canali.yaml"
    TestFailed "test-failed" "a test of the pipeline fails"
        "The rows that the pipeline makes of `given` are not those of `expect`; the message shows the difference by column."
        wrong "expect: { prezzi: [ { gross: \"74.98\" } ] }" right "expect: { prezzi: [ { gross: \"74.99\" } ] }"
    Internal "internal" "a mistake of raccordo"
        "Something happened that should not be possible. Please report it with the command and the message."
        wrong "-" right "-"
}

impl Code {
    /// All codes, in the order of the reference.
    #[must_use]
    pub fn all() -> &'static [Self] {
        ALL
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(name: &str) -> Result<Self, UnknownCode> {
        let known = Self::all().iter().find(|code| code.as_str() == name);
        known.copied().ok_or_else(|| UnknownCode(name.to_owned()))
    }
}

/// A name that is none of the codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode(pub String);

impl fmt::Display for UnknownCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` is not a diagnostic code", self.0)
    }
}

impl std::error::Error for UnknownCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case_of_the_variant() {
        for code in Code::all() {
            let mut expected = String::new();
            for letter in format!("{code:?}").chars() {
                if letter.is_uppercase() && !expected.is_empty() {
                    expected.push('-');
                }
                expected.push(letter.to_ascii_lowercase());
            }
            assert_eq!(code.as_str(), expected);
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert!("no-such-code".parse::<Code>().is_err());
    }

    #[test]
    fn every_code_is_explained() {
        for code in Code::all() {
            let title = code.title();
            assert!(title.starts_with(|letter: char| !letter.is_uppercase()), "{code}");
            assert!(!title.ends_with('.'), "{code}");
            assert!(code.explanation().ends_with('.'), "{code}");
            assert!(code.explanation().len() > 60, "{code}");
            assert!(*code == Code::Internal || code.wrong() != code.right(), "{code}");
        }
    }
}
