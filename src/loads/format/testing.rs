//! Small frames for the tests of the loads.

use polars::prelude::{
    BooleanChunked, DataFrame, Int32Chunked, Int64Chunked, Int128Chunked, IntoColumn, ListChunked, NewChunkedArray,
    Series, StringChunked,
};

use crate::domain::types::Type;
use crate::loads::format::cells::Table;
use crate::loads::format::row::RowFormat;

/// Two rows of every common type, the second with nulls and an awkward text.
#[must_use]
pub fn sample() -> (DataFrame, Vec<(String, Type)>) {
    let tags = [Some(Series::from_iter(["a", "b\""])), None];
    let columns = vec![
        StringChunked::from_slice("sku".into(), &["001", "=1;x"]).into_column(),
        Int128Chunked::from_slice("prezzo".into(), &[1250, -5]).into_decimal_unchecked(38, 2).into_column(),
        Int64Chunked::from_slice_options("qty".into(), &[Some(3), None]).into_column(),
        BooleanChunked::from_slice("attivo".into(), &[true, false]).into_column(),
        Int32Chunked::from_slice_options("dal".into(), &[Some(20_781), None]).into_date().into_column(),
        tags.into_iter().collect::<ListChunked>().into_column().with_name("tag".into()),
    ];
    let types = [
        ("sku", Type::Text),
        ("prezzo", Type::MONEY),
        ("qty", Type::Integer),
        ("attivo", Type::Bool),
        ("dal", Type::Date),
        ("tag", Type::List(Box::new(Type::Text))),
    ];
    let types = types.into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect();
    (DataFrame::new_infer_height(columns).unwrap(), types)
}

/// The whole file that a format makes of a frame.
pub fn render(format: &dyn RowFormat, batch: &DataFrame, types: &[(String, Type)]) -> String {
    let table = Table::new(batch, types).unwrap();
    let mut out = Vec::new();
    format.begin(&mut out);
    for row in 0..table.height {
        if row > 0 {
            out.extend_from_slice(format.separator());
        }
        format.row(&table, row, &mut out).unwrap();
    }
    format.end(table.height as u64, &mut out);
    String::from_utf8(out).unwrap()
}
