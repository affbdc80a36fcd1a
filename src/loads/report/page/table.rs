//! Rows of a table in the page: sortable, filterable, each with what it opens.

use std::fmt::Write as _;

use crate::loads::report::model::{Column, Group, Row, Source, TableBody};
use crate::loads::report::page::Page;
use crate::loads::report::page::escape::{cell, escaped};
use crate::loads::report::spec::Kind;
use crate::loads::report::value::{Value, is_figure};
use crate::loads::report::words::{self, tone};

/// Tables of fewer rows have no filter.
const FEW: usize = 6;

/// How a table is written.
pub(super) struct Opening<'a> {
    /// Number of its section.
    pub section: usize,
    /// Number among the tables of the section.
    pub number: usize,
    /// What a person calls it.
    pub title: &'a str,
    /// What the caption says.
    pub caption: &'a str,
    /// Columns.
    pub columns: &'a [Column],
    /// Rows that it has.
    pub rows: usize,
}

impl Page<'_> {
    /// Everything of a table before its rows.
    pub(super) fn open_table(&mut self, opening: &Opening<'_>) {
        let Opening { section, number, title, caption, columns, rows } = opening;
        let id = format!("t{section}-{number}");
        if *rows >= FEW {
            let filter = self.say("Filtra", "Filter");
            let _ = writeln!(
                self.out,
                "<div class=\"tools\" data-for=\"{id}\" hidden><label>{filter}<input type=\"search\" autocomplete=\"off\" \
                 aria-controls=\"{id}\"></label><output aria-live=\"polite\"></output></div>"
            );
        }
        let live = if *rows > 1 { " data-live" } else { "" };
        let _ = write!(
            self.out,
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n<table id=\"{id}\" class=\"cards\"{live} \
             role=\"table\">\n<caption>{}</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">",
            escaped(title),
            escaped(caption)
        );
        for column in *columns {
            let class = if is_figure(column.kind) { " class=\"num\"" } else { "" };
            let ty = if is_number(column) { "number" } else { "text" };
            let _ = write!(
                self.out,
                "<th scope=\"col\" role=\"columnheader\" data-type=\"{ty}\"{class}>{}</th>",
                escaped(&column.title)
            );
        }
        self.push("</tr></thead>\n");
    }

    pub(super) fn close_table(&mut self) {
        self.push("</table></div>\n");
    }

    /// One cell.
    pub(super) fn cell(&mut self, column: &Column, value: &Value) {
        let style = self.document.style();
        let shown = style.show(value, column.kind);
        let title = escaped(&column.title);
        if *value == Value::Null {
            let _ = write!(self.out, "<td role=\"cell\" data-t=\"{title}\" data-k=\"\"></td>");
            return;
        }
        match column.kind {
            Kind::Status => {
                let tag = tag(&value.plain(), &shown);
                let _ = write!(
                    self.out,
                    "<td role=\"cell\" class=\"keep\" data-t=\"{title}\" data-k=\"{}\">{tag}</td>",
                    sort_key(value, column)
                );
            }
            kind if is_figure(kind) => {
                let key = sort_key(value, column);
                let _ = write!(
                    self.out,
                    "<td role=\"cell\" class=\"num\" data-t=\"{title}\" data-k=\"{key}\">{}</td>",
                    cell(&shown)
                );
            }
            Kind::Date | Kind::Time => {
                let key = sort_key(value, column);
                let _ = write!(
                    self.out,
                    "<td role=\"cell\" class=\"keep\" data-t=\"{title}\" data-k=\"{key}\">{}</td>",
                    cell(&shown)
                );
            }
            _ => {
                let _ = write!(
                    self.out,
                    "<td role=\"cell\" class=\"text\" dir=\"auto\" data-t=\"{title}\">{}</td>",
                    cell(&shown)
                );
            }
        }
    }

    /// The rows of a table of the pipeline.
    pub(super) fn table(&mut self, section: usize, title: &str, body: &TableBody) {
        let caption = self.counted(body);
        let opening = Opening {
            section,
            number: 1,
            title,
            caption: &caption,
            columns: &body.columns[..body.width],
            rows: body.rows.len(),
        };
        self.open_table(&opening);
        match body.group {
            None => self.rows(section, 0, &body.rows, body),
            Some(group) => self.groups(section, group, body),
        }
        self.close_table();
        self.cut(body);
    }

    fn counted(&self, body: &TableBody) -> String {
        let style = self.document.style();
        let number = |count: usize| style.show(&Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)), Kind::Count);
        let all = number(usize::try_from(body.count).unwrap_or(usize::MAX));
        let rows = words::rows(body.count, &all, self.document.lang);
        if body.rows.len() as u64 == body.count {
            return rows;
        }
        format!("{} {} {rows}", number(body.rows.len()), self.say("di", "of"))
    }

    /// Says how many rows are left out, and where they are.
    fn cut(&mut self, body: &TableBody) {
        let left = body.count.saturating_sub(body.rows.len() as u64);
        if left == 0 {
            return;
        }
        let style = self.document.style();
        let left = style.show(&Value::Integer(i64::try_from(left).unwrap_or(i64::MAX)), Kind::Count);
        let files: Vec<&str> = self.document.origin.files.iter().map(|(format, _)| *format).collect();
        let where_all = if files.is_empty() {
            self.say("aggiungere un file XLSX o CSV per averle", "add an XLSX or CSV file to have them").to_owned()
        } else {
            format!("{}: {}", self.say("tutte le righe sono nei file", "all rows are in the files"), files.join(", "))
        };
        let words = self.say("Altre righe non mostrate qui", "More rows not shown here");
        let _ = writeln!(self.out, "<p class=\"cut\">{words}: {left}; {where_all}.</p>");
    }

    fn groups(&mut self, section: usize, at: usize, body: &TableBody) {
        let mut first = 0;
        for group in &body.groups {
            let rows = body.rows[first..].iter().take_while(|row| row.values[at] == group.value).count();
            if rows == 0 {
                break;
            }
            self.group_rows(section, first, &body.rows[first..first + rows], group, body);
            first += rows;
        }
    }

    fn group_rows(&mut self, section: usize, first: usize, rows: &[Row], group: &Group, body: &TableBody) {
        let style = self.document.style();
        let column = body.group.map(|at| &body.columns[at]);
        let name = column.map_or_else(String::new, |column| style.show(&group.value, column.kind));
        let name = if name.is_empty() { "–".to_owned() } else { name };
        let count = style.show(&Value::Integer(i64::try_from(group.count).unwrap_or(i64::MAX)), Kind::Count);
        let mut told = words::rows(group.count, &count, self.document.lang);
        for (at, sum) in &group.sums {
            if let Some(sum) = sum.filter(|sum| !sum.is_zero()) {
                let _ = write!(told, " · {} {}", body.columns[*at].title, style.money(sum));
            }
        }
        let _ = writeln!(
            self.out,
            "<tbody role=\"rowgroup\"><tr class=\"group\" role=\"row\"><th scope=\"rowgroup\" role=\"rowheader\" \
             colspan=\"{}\">{}<span>{}</span></th></tr>",
            body.width,
            cell(&name),
            escaped(&told)
        );
        self.row_list(section, first, rows, body);
        self.push("</tbody>\n");
    }

    fn rows(&mut self, section: usize, first: usize, rows: &[Row], body: &TableBody) {
        self.push("<tbody role=\"rowgroup\">\n");
        self.row_list(section, first, rows, body);
        self.push("</tbody>\n");
    }

    fn row_list(&mut self, section: usize, first: usize, rows: &[Row], body: &TableBody) {
        for (at, row) in rows.iter().enumerate() {
            self.push("<tr class=\"row\" role=\"row\">");
            for (column, value) in body.columns.iter().zip(&row.values).take(body.width) {
                self.cell(column, value);
            }
            self.push("</tr>\n");
            if body.end > body.width || !row.sources.is_empty() {
                self.details(&format!("d{section}-{}", first + at), row, body);
            }
        }
    }

    fn details(&mut self, id: &str, row: &Row, body: &TableBody) {
        let _ = write!(
            self.out,
            "<tr class=\"more\" role=\"row\" id=\"{id}\"><td role=\"cell\" colspan=\"{}\"><details><summary>{}</summary>\
             <div class=\"details\">",
            body.width,
            self.say("Dettagli", "Details")
        );
        if body.end > body.width {
            self.push("<div>");
            self.pairs(&body.columns[body.width..body.end], &row.values[body.width..body.end]);
            self.push("</div>");
        }
        for source in &row.sources {
            self.source(source);
        }
        self.push("</div></details></td></tr>\n");
    }

    fn source(&mut self, source: &Source) {
        for (at, row) in source.rows.iter().enumerate() {
            let number = if source.rows.len() > 1 { format!(" {}", at + 1) } else { String::new() };
            let _ = write!(self.out, "<div><p>{}{number}</p>", escaped(&source.title));
            self.pairs(&source.columns, row);
            self.push("</div>");
        }
        if source.more > 0 {
            let _ = write!(self.out, "<p class=\"soft\">+ {}</p>", source.more);
        }
    }

    /// Titles and values that are there.
    fn pairs(&mut self, columns: &[Column], values: &[Value]) {
        let style = self.document.style();
        self.push("<dl>");
        for (column, value) in columns.iter().zip(values).filter(|(_, value)| **value != Value::Null) {
            let shown = style.show(value, column.kind);
            let _ = write!(self.out, "<dt>{}</dt><dd>{}</dd>", escaped(&column.title), cell(&shown));
        }
        self.push("</dl>");
    }
}

/// A word with its sign: never the colour alone.
pub(super) fn tag(word: &str, shown: &str) -> String {
    let tone = tone(word);
    format!("<span class=\"tag {}\"><b aria-hidden=\"true\">{}</b>{}</span>", tone.class(), tone.sign(), cell(shown))
}

/// Whether the values of a column are put in order as numbers.
fn is_number(column: &Column) -> bool {
    is_figure(column.kind)
}

/// What a cell is put in order by: a plain number, an ISO day, the severity of a word before the word.
fn sort_key(value: &Value, column: &Column) -> String {
    match (column.kind, value) {
        (Kind::Status, Value::Text(word)) => {
            let rank = match tone(word) {
                words::Tone::Bad => 0,
                words::Tone::Warning => 1,
                words::Tone::Plain => 2,
                words::Tone::Good => 3,
            };
            format!("{rank} {}", escaped(word))
        }
        _ => escaped(&value.plain()),
    }
}
