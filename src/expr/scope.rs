//! Table names inside a query: which column `table.column` is after the joins.

/// The tables of a `FROM`, each with its columns and the names they have in the joined rows.
#[derive(Clone, Debug, Default)]
pub struct Scope(Vec<(String, Vec<(String, String)>)>);

impl Scope {
    /// Adds a table: pairs of column and name in the joined rows.
    pub fn add(&mut self, table: &str, columns: Vec<(String, String)>) {
        self.0.push((table.to_owned(), columns));
    }

    /// Whether the table name is taken.
    #[must_use]
    pub fn contains(&self, table: &str) -> bool {
        self.0.iter().any(|(name, _)| name == table)
    }

    /// The name of `table.column` in the joined rows.
    #[must_use]
    pub fn resolve(&self, table: &str, column: &str) -> Option<&str> {
        let (_, columns) = self.0.iter().find(|(name, _)| name == table)?;
        columns.iter().find(|(name, _)| name == column).map(|(_, physical)| physical.as_str())
    }

    /// The tables that have a column, when there are several.
    #[must_use]
    pub fn ambiguous(&self, column: &str) -> Option<Vec<String>> {
        let tables = self.0.iter().filter(|(_, columns)| columns.iter().any(|(name, _)| name == column));
        let tables: Vec<String> = tables.map(|(table, _)| format!("`{table}`")).collect();
        (tables.len() > 1).then_some(tables)
    }

    /// Columns of a table with their names in the joined rows.
    #[must_use]
    pub fn columns(&self, table: &str) -> Option<&[(String, String)]> {
        self.0.iter().find(|(name, _)| name == table).map(|(_, columns)| columns.as_slice())
    }
}
