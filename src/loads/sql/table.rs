//! A table of a SQLite database as a destination.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params_from_iter};

use crate::context::{NodeError, Retry};
use crate::diag::Code;
use crate::domain::types::Type;
use crate::loads::delivery::changes::{CREATE, DELETE, for_each_page};
use crate::loads::delivery::dispatch::Dispatch;
use crate::loads::delivery::{Destination, Keyed, Mode};
use crate::loads::format::cells::{Cell, Table};
use crate::loads::format::json::{JsonOptions, write_value};
use crate::loads::http::template::plain;

/// How long a write waits for another program.
const WAIT: Duration = Duration::from_secs(30);

/// A checked `sql` load.
pub struct SqlTable {
    /// The database file.
    pub database: PathBuf,
    /// Its name as the user wrote it.
    pub written: String,
    /// The table.
    pub table: String,
}

impl Destination for SqlTable {
    fn shown(&self) -> String {
        format!("{} table {}", self.written, self.table)
    }

    fn mapping(&self) -> String {
        format!("sql\n{}\n{}", self.written, self.table)
    }

    fn deliver(&self, dispatch: &mut Dispatch<'_>) -> Result<(), NodeError> {
        let mut connection = self.open()?;
        let failed = |error| self.failed(&error);
        let transaction = Transaction::new(&mut connection, TransactionBehavior::Immediate).map_err(failed)?;
        Self::note(&transaction, dispatch).map_err(failed)?;
        let statements = Statements::of(&self.table, dispatch.keyed);
        transaction.execute_batch(&statements.create_table).map_err(failed)?;
        if dispatch.keyed.mode == Mode::Replace {
            self.replace(&transaction, &statements, dispatch)?;
        } else {
            dispatch.for_each_page(|dispatch, page| {
                if dispatch.run.is_cancelled() {
                    let message = "interrupted: nothing was written to the database";
                    return Err(NodeError::new(Code::Interrupted, message).help("run it again"));
                }
                for row in 0..page.table.height {
                    let written = statements.change(&transaction, page.op(row), &page.table, row, dispatch.keyed);
                    written.map_err(|error| {
                        let error = self.failed(&error);
                        error.help(format!("the row: {}", page.key_text(dispatch.keyed, row)))
                    })?;
                }
                Ok(())
            })?;
        }
        dispatch.run.step("rows written to the database");
        transaction.commit().map_err(failed)?;
        dispatch.run.step("database committed");
        dispatch.all_taken = true;
        Ok(())
    }

    /// The database knows whether it has the delivery.
    fn settle(&self, dispatch: &mut Dispatch<'_>) -> Result<(), NodeError> {
        if !self.database.is_file() {
            return Ok(());
        }
        let connection = self.open()?;
        let failed = |error| self.failed(&error);
        let has_list = "SELECT count(*) FROM sqlite_schema WHERE name = '_raccordo_deliveries'";
        let lists: i64 = connection.query_row(has_list, [], |row| row.get(0)).map_err(failed)?;
        if lists == 0 {
            return Ok(());
        }
        let sql = "SELECT delivery FROM _raccordo_deliveries WHERE load = ?1";
        let known = connection.query_row(sql, [&dispatch.site], |row| row.get::<_, String>(0)).optional();
        let known = known.map_err(failed)?;
        dispatch.all_taken = known.as_deref() == Some(dispatch.delivery.name.as_str());
        Ok(())
    }
}

impl SqlTable {
    fn open(&self) -> Result<Connection, NodeError> {
        if let Some(folder) = self.database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                NodeError::new(Code::WriteFailed, format!("cannot create the folder `{}`: {error}", folder.display()))
            })?;
        }
        let connection = Connection::open(&self.database).map_err(|error| self.failed(&error))?;
        connection.busy_timeout(WAIT).map_err(|error| self.failed(&error))?;
        Ok(connection)
    }

    /// Notes the delivery in the same transaction as its rows.
    fn note(transaction: &Transaction<'_>, dispatch: &Dispatch<'_>) -> rusqlite::Result<()> {
        transaction.execute_batch(
            "CREATE TABLE IF NOT EXISTS _raccordo_deliveries (load TEXT PRIMARY KEY, delivery TEXT NOT NULL)",
        )?;
        let sql = "INSERT OR REPLACE INTO _raccordo_deliveries (load, delivery) VALUES (?1, ?2)";
        transaction.execute(sql, [&dispatch.site, &dispatch.delivery.name]).map(drop)
    }

    fn replace(
        &self,
        transaction: &Transaction<'_>,
        statements: &Statements,
        dispatch: &Dispatch<'_>,
    ) -> Result<(), NodeError> {
        let failed = |error| self.failed(&error);
        transaction.execute(&statements.clear, []).map_err(failed)?;
        let Some(rows) = &dispatch.rows else { return Ok(()) };
        let types = dispatch.keyed.types();
        for_each_page(rows, |_, page| {
            let content = page.select(types.iter().map(|(name, _)| name.as_str()))?;
            let table = Table::new(&content, &types)?;
            (0..table.height)
                .try_for_each(|row| statements.insert(transaction, &table, row))
                .map_err(|error| self.failed(&error))
        })
    }

    fn failed(&self, error: &rusqlite::Error) -> NodeError {
        let message = format!("cannot write to table `{}` of `{}`: {error}", self.table, self.written);
        let mut failed = NodeError::new(Code::WriteFailed, message).help("nothing of this run was written to it");
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy) => {
                failed.retry = Retry::Transient { after: None };
                failed
            }
            Some(rusqlite::ErrorCode::DiskFull) => failed.help("free some space on the disk that holds it"),
            Some(rusqlite::ErrorCode::ReadOnly | rusqlite::ErrorCode::CannotOpen) => {
                failed.help("give the user who runs raccordo the right to write it and its folder")
            }
            _ => failed,
        }
    }
}

/// The statements of a table.
struct Statements {
    create_table: String,
    clear: String,
    insert: String,
    update: String,
    delete: String,
    key: Vec<usize>,
    others: Vec<usize>,
}

impl Statements {
    fn of(table: &str, keyed: &Keyed) -> Self {
        let names: Vec<String> = keyed.columns.iter().map(|column| quoted(&column.name)).collect();
        let others: Vec<usize> = (0..names.len()).filter(|index| !keyed.key.contains(index)).collect();
        let table_name = quoted(table);
        let columns = keyed.columns.iter().map(|column| format!("{} {}", quoted(&column.name), affinity(&column.ty)));
        let key: Vec<&str> = keyed.key.iter().map(|index| names[*index].as_str()).collect();
        let unique = if key.is_empty() { String::new() } else { format!(", UNIQUE ({})", key.join(", ")) };
        let columns = columns.collect::<Vec<_>>().join(", ");
        let marks = (1..=names.len()).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ");
        let set = |indices: &[usize], from: usize, glue: &str, equals: &str| {
            let parts = indices.iter().enumerate();
            let parts = parts.map(|(number, index)| format!("{} {equals} ?{}", names[*index], from + number));
            parts.collect::<Vec<_>>().join(glue)
        };
        let of_key = |from: usize| set(&keyed.key, from, " AND ", "IS");
        // A table of keys only has nothing to set; setting the key to itself finds out whether the row is there.
        let values = if others.is_empty() { set(&keyed.key, 1, ", ", "=") } else { set(&others, 1, ", ", "=") };
        let given = if others.is_empty() { 1 } else { others.len() + 1 };
        Self {
            create_table: format!("CREATE TABLE IF NOT EXISTS {table_name} ({columns}{unique})"),
            clear: format!("DELETE FROM {table_name}"),
            insert: format!("INSERT INTO {table_name} ({}) VALUES ({marks})", names.join(", ")),
            update: format!("UPDATE {table_name} SET {values} WHERE {}", of_key(given)),
            delete: format!("DELETE FROM {table_name} WHERE {}", of_key(1)),
            key: keyed.key.clone(),
            others,
        }
    }

    fn change(
        &self,
        transaction: &Transaction<'_>,
        op: u32,
        table: &Table,
        row: usize,
        keyed: &Keyed,
    ) -> rusqlite::Result<()> {
        let key = || self.key.iter().map(|index| value(table.cells[*index].get(row)));
        if op == DELETE {
            return transaction.prepare_cached(&self.delete)?.execute(params_from_iter(key())).map(drop);
        }
        // A row that somebody else made, or that was deleted over there, is no reason to fail.
        let may_be_there = !self.key.is_empty() && (op != CREATE || keyed.mode != Mode::Append);
        if may_be_there {
            let others = self.others.iter().map(|index| value(table.cells[*index].get(row)));
            let given: Vec<Value> = others.chain(key()).collect();
            if transaction.prepare_cached(&self.update)?.execute(params_from_iter(given))? > 0 {
                return Ok(());
            }
        }
        self.insert(transaction, table, row)
    }

    fn insert(&self, transaction: &Transaction<'_>, table: &Table, row: usize) -> rusqlite::Result<()> {
        let values = table.cells.iter().map(|cells| value(cells.get(row)));
        transaction.prepare_cached(&self.insert)?.execute(params_from_iter(values)).map(drop)
    }
}

/// A name as SQL text.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The type of a column; everything whose digits matter is text.
fn affinity(ty: &Type) -> &'static str {
    match ty {
        Type::Integer | Type::Bool => "INTEGER",
        Type::Float => "REAL",
        _ => "TEXT",
    }
}

fn value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(value) => Value::Integer(value),
        Cell::Float(value) => Value::Real(value),
        Cell::Bool(value) => Value::Integer(i64::from(value)),
        Cell::Nested(..) => {
            let mut out = Vec::new();
            write_value(cell, JsonOptions::default(), &mut out);
            text(out)
        }
        other => text(plain(other)),
    }
}

fn text(bytes: Vec<u8>) -> Value {
    Value::Text(String::from_utf8_lossy(&bytes).into_owned())
}
