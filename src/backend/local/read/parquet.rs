//! Apache Parquet, one row group after another, every value as the text that schemas understand.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::thread;

use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, Int64Type, ParquetReader, PolarsDataType, PolarsError, PolarsResult, SerReader, Series, StaticArray as _,
    StringType, TimeUnit,
};

use super::batch::{Batch, Worker};
use super::interpret::Interpret;

/// Rows taken at a time within a large row group: bounds the memory where one group holds the whole file.
const ROWS: usize = 512 << 10;

/// Reads a file, giving out batches in the order of the rows, each with the bytes of the file it stands for.
///
/// # Errors
/// Where the file is no sound Parquet or no schema fits its columns; batches may have been given out before.
pub fn read<I: Interpret>(interpreter: &I, file: &File, workers: usize, give: &mut dyn FnMut(Batch, u64)) -> Result<(), String> {
    // The decoder panics on some malformed files; a broken file must not cost the others.
    let read = || read_groups(interpreter, file, workers, give).map_err(Broken::into_words);
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("it is malformed in a way that the decoder cannot handle".to_owned()))
}

/// Why a file cannot be read on.
enum Broken {
    Decoder(PolarsError),
    File(std::io::Error),
    Columns(String),
}

impl Broken {
    fn into_words(self) -> String {
        let unsound = |text: &str| format!("it is no sound Parquet: {}", text.lines().next().unwrap_or_default());
        match self {
            Self::Decoder(error) => unsound(&error.to_string()),
            Self::File(error) => unsound(&error.to_string()),
            Self::Columns(reason) => reason,
        }
    }
}

impl From<PolarsError> for Broken {
    fn from(error: PolarsError) -> Self {
        Self::Decoder(error)
    }
}

fn read_groups<I: Interpret>(interpreter: &I, file: &File, workers: usize, give: &mut dyn FnMut(Batch, u64)) -> Result<(), Broken> {
    let open = || file.try_clone().map(ParquetReader::new).map_err(Broken::File);
    let metadata = open()?.get_metadata()?.clone();
    let stretch = |first: usize, count: usize, columns: Option<Vec<String>>| -> Result<DataFrame, Broken> {
        let mut reader = open()?.with_slice(Some((first, count))).with_columns(columns);
        reader.set_metadata(metadata.clone());
        Ok(reader.finish()?)
    };
    let size = file.metadata().map_or(0, |data| data.len());
    let layout = Layout::of(&stretch(0, 0, None)?)?;
    let names: Vec<&str> = layout.names.iter().map(String::as_str).collect();
    let columns = interpreter.header(&names).map_err(Broken::Columns)?;
    let needed = layout.owners(&interpreter.used(&columns));
    let mut workers: Vec<Worker<I::Memo>> = (0..workers.max(1)).map(Worker::new).collect();
    let mut first = 0;
    for group in &metadata.row_groups {
        let end = first + group.num_rows();
        while first < end {
            let count = ROWS.min(end - first);
            let owners: Vec<OnceLock<Vec<Values>>> = layout.owners.iter().map(|_| OnceLock::new()).collect();
            let frame = stretch(first, count, Some(needed.iter().filter_map(|owner| layout.owners.get(*owner).cloned()).collect()))?;
            for owner in &needed {
                if let (Some(name), Some(slot)) = (layout.owners.get(*owner), owners.get(*owner)) {
                    let _ = slot.set(values(frame.column(name)?)?);
                }
            }
            drop(frame);
            // Columns that only some rows ask for are read when the first one does.
            let rest = |owner: usize| {
                let name = layout.owners.get(owner).cloned()?;
                let frame = stretch(first, count, Some(vec![name.clone()])).ok()?;
                frame.column(&name).ok().and_then(|column| values(column).ok())
            };
            let value = |place: usize, row: usize| {
                let (owner, inner) = *layout.places.get(place)?;
                owners.get(owner)?.get_or_init(|| rest(owner).unwrap_or_default()).get(inner)?.text(row)
            };
            for batch in rows(interpreter, &columns, &value, count, &mut workers) {
                give(batch, 0);
            }
            first += count;
            give(Batch::default(), size / metadata.num_rows.max(1) as u64 * count as u64);
        }
    }
    Ok(())
}

/// Interprets rows on several threads, each a stretch of them.
fn rows<'v, I: Interpret>(
    interpreter: &I,
    columns: &I::Columns,
    value: &(impl Fn(usize, usize) -> Option<Cow<'v, str>> + Sync),
    count: usize,
    workers: &mut [Worker<I::Memo>],
) -> Vec<Batch> {
    let stretch = count.div_ceil(workers.len().max(1)).max(1);
    thread::scope(|scope| {
        let handles: Vec<_> = (0..count)
            .step_by(stretch)
            .zip(workers)
            .map(|(start, worker)| {
                scope.spawn(move || {
                    for row in start..(start + stretch).min(count) {
                        let reading = interpreter.row(&mut worker.memo, columns, &|place| value(place, row));
                        worker.add(reading);
                    }
                    worker.take()
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// The columns as the file has them (the owners), and as schemas see them: a struct gives one for each field.
struct Layout {
    owners: Vec<String>,
    names: Vec<String>,
    /// For each name its owner, and its place among the owner's values.
    places: Vec<(usize, usize)>,
}

impl Layout {
    fn of(frame: &DataFrame) -> PolarsResult<Self> {
        let mut layout = Self { owners: Vec::new(), names: Vec::new(), places: Vec::new() };
        for (owner, column) in frame.columns().iter().enumerate() {
            layout.owners.push(column.name().to_string());
            let mut fields = Vec::new();
            flatten(column.name(), column.as_materialized_series().clone(), &mut fields)?;
            for (inner, (name, _)) in fields.into_iter().enumerate() {
                layout.names.push(name);
                layout.places.push((owner, inner));
            }
        }
        Ok(layout)
    }

    fn owners(&self, places: &[usize]) -> BTreeSet<usize> {
        places.iter().filter_map(|place| self.places.get(*place)).map(|(owner, _)| *owner).collect()
    }
}

/// Texts in one piece.
type Texts = <StringType as PolarsDataType>::Array;
/// Numbers in one piece.
type Numbers = <Int64Type as PolarsDataType>::Array;

/// A column ready to be asked row by row.
enum Values {
    Text(Texts),
    Whole(Numbers),
    Moment { values: Numbers, unit: TimeUnit, is_absolute: bool },
    Other(Series),
}

impl Values {
    fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        let text = match self {
            Self::Text(values) => Cow::Borrowed(values.get(row)?),
            Self::Whole(values) => Cow::Owned(values.get(row)?.to_string()),
            Self::Moment { values, unit, is_absolute } => Cow::Owned(moment(values.get(row)?, *unit, *is_absolute)?),
            Self::Other(values) => text(&values.get(row).ok()?)?,
        };
        (!text.is_empty()).then_some(text)
    }
}

/// The values of a column, one for each field where it is a struct.
fn values(column: &Column) -> PolarsResult<Vec<Values>> {
    let mut fields = Vec::new();
    flatten(column.name(), column.as_materialized_series().rechunk(), &mut fields)?;
    Ok(fields.into_iter().map(|(_, values)| values).collect())
}

fn flatten(name: &str, values: Series, out: &mut Vec<(String, Values)>) -> PolarsResult<()> {
    match values.dtype() {
        DataType::Struct(_) => {
            for inner in values.struct_()?.fields_as_series() {
                flatten(&format!("{name}.{}", inner.name()), inner.rechunk(), out)?;
            }
        }
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => {
            let texts = values.cast(&DataType::String)?.rechunk();
            let array = texts.str()?.downcast_iter().next().cloned();
            out.push((name.to_owned(), array.map_or(Values::Other(values), Values::Text)));
        }
        DataType::Datetime(unit, zone) => {
            let (unit, is_absolute) = (*unit, zone.is_some());
            let numbers = values.to_physical_repr().rechunk();
            let array = numbers.i64()?.downcast_iter().next().cloned();
            out.push((name.to_owned(), array.map_or(Values::Other(values), |values| Values::Moment { values, unit, is_absolute })));
        }
        DataType::Int64 | DataType::Int32 | DataType::UInt32 | DataType::Int16 | DataType::UInt16 => {
            let numbers = values.cast(&DataType::Int64)?.rechunk();
            let array = numbers.i64()?.downcast_iter().next().cloned();
            out.push((name.to_owned(), array.map_or(Values::Other(values), Values::Whole)));
        }
        _ => out.push((name.to_owned(), Values::Other(values))),
    }
    Ok(())
}

/// A value as schemas expect text: whole numbers plain, moments as RFC 3339, wall times without an
/// offset, and of a list its first value, as Elasticsearch's own table exports have it.
fn text(value: &AnyValue<'_>) -> Option<Cow<'static, str>> {
    let owned = match value {
        AnyValue::Null => return None,
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Boolean(value) => value.to_string(),
        AnyValue::Float64(value) => value.to_string(),
        AnyValue::Float32(value) => value.to_string(),
        AnyValue::Datetime(value, unit, zone) => moment(*value, *unit, zone.is_some())?,
        AnyValue::DatetimeOwned(value, unit, zone) => moment(*value, *unit, zone.is_some())?,
        AnyValue::Date(days) => moment(i64::from(*days) * 86_400_000, TimeUnit::Milliseconds, false)?,
        AnyValue::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        AnyValue::BinaryOwned(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        AnyValue::List(values) => return values.iter().find_map(|value| text(&value)),
        other => other.to_string(),
    };
    Some(Cow::Owned(owned))
}

fn moment(value: i64, unit: TimeUnit, is_absolute: bool) -> Option<String> {
    let digits = match unit {
        TimeUnit::Microseconds => Some((value.div_euclid(1_000_000), value.rem_euclid(1_000_000), 6)),
        TimeUnit::Milliseconds => Some((value.div_euclid(1000), value.rem_euclid(1000), 3)),
        TimeUnit::Nanoseconds => None,
    };
    if let Some(text) = digits.and_then(|(seconds, fraction, digits)| ordinary(seconds, fraction, digits, is_absolute)) {
        return Some(text);
    }
    let time = match unit {
        TimeUnit::Nanoseconds => jiff::Timestamp::from_nanosecond(i128::from(value)),
        TimeUnit::Microseconds => jiff::Timestamp::from_microsecond(value),
        TimeUnit::Milliseconds => jiff::Timestamp::from_millisecond(value),
    }
    .ok()?;
    Some(if is_absolute { time.to_string() } else { time.to_zoned(jiff::tz::TimeZone::UTC).datetime().to_string() })
}

/// A moment of this age of the world, digit by digit: a row in a million should not cost a formatter each.
fn ordinary(seconds: i64, fraction: i64, digits: usize, is_absolute: bool) -> Option<String> {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // From 1970 to 2199.
    if !(0..84_006).contains(&days) {
        return None;
    }
    // Years begin in March here, so that the leap day comes last (the algorithm of Howard Hinnant, within one era).
    let day = days + 719_468 - 4 * 146_097;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + (era + 4) * 400, if month < 10 { month + 3 } else { month - 9 });
    let year = if month <= 2 { year + 1 } else { year };
    let mut text = String::with_capacity(27);
    let mut put = |value: i64, width: usize, after: &str| {
        for place in (0..width).rev() {
            let digit = u8::try_from(value / 10_i64.pow(u32::try_from(place).unwrap_or(0)) % 10).unwrap_or(0);
            text.push(char::from(b'0' + digit));
        }
        text.push_str(after);
    };
    put(year, 4, "-");
    put(month, 2, "-");
    put(day, 2, "T");
    put(second / 3600, 2, ":");
    put(second / 60 % 60, 2, ":");
    put(second % 60, 2, if fraction == 0 { "" } else { "." });
    if fraction != 0 {
        put(fraction, digits, "");
    }
    if is_absolute {
        text.push('Z');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, times_and_sources};
    use super::*;
    use polars::prelude::{IntoColumn as _, IntoSeries as _, NamedFrom as _, ParquetWriter, StructChunked};
    use std::io::Seek as _;

    fn file(frame: &mut DataFrame, group: usize) -> File {
        let mut file = tempfile::tempfile().unwrap();
        ParquetWriter::new(&mut file).with_row_group_size(Some(group)).finish(frame).unwrap();
        file.rewind().unwrap();
        file
    }

    fn batches(file: &File) -> (Result<(), String>, Vec<Batch>) {
        let mut batches = Vec::new();
        let result = read(&Sample, file, 2, &mut |batch, _| batches.push(batch));
        (result, batches)
    }

    #[test]
    fn rows_come_in_order_across_groups() {
        let times: Vec<String> = (0..50).map(|second| format!("2025-01-01T00:00:{second:02}Z")).collect();
        let time = Series::new("time".into(), &times);
        let source = Series::new("source".into(), vec!["10.0.0.1"; 50]);
        let mut frame = DataFrame::new(50, vec![time.into_column(), source.into_column()]).unwrap();
        let (result, batches) = batches(&file(&mut frame, 7));
        assert_eq!(result, Ok(()));
        let found: Vec<String> = batches.iter().flat_map(times_and_sources).map(|(time, _)| time).collect();
        assert_eq!(found, times);
    }

    #[test]
    fn structs_become_dotted_names_and_values_become_text() {
        let ip = Series::new("ip".into(), &["10.0.0.7"]);
        let port = Series::new("port".into(), &[3389_u16]);
        let source = StructChunked::from_series("source".into(), 1, [ip, port].iter()).unwrap().into_series();
        let time = Series::new("time".into(), &[1_735_689_600_000_001_i64]).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
        let frame = DataFrame::new(1, vec![time.into_column(), source.into_column()]).unwrap();
        let layout = Layout::of(&frame).unwrap();
        let fields: Vec<Values> = frame.columns().iter().flat_map(|column| values(column).unwrap()).collect();
        let found: Vec<(&str, Option<Cow<'_, str>>)> = layout.names.iter().zip(&fields).map(|(name, values)| (name.as_str(), values.text(0))).collect();
        let expected = [("time", "2025-01-01T00:00:00.000001"), ("source.ip", "10.0.0.7"), ("source.port", "3389")];
        assert_eq!(found, expected.map(|(name, value)| (name, Some(Cow::Borrowed(value)))));
        assert_eq!(moment(1_735_689_600_123, TimeUnit::Milliseconds, true).as_deref(), Some("2025-01-01T00:00:00.123Z"));
    }

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        for step in 0..20_000_i64 {
            let seconds = step * 86_400 * 5 - 200 * 86_400 + step;
            let time = jiff::Timestamp::from_second(seconds).unwrap();
            if let Some(text) = ordinary(seconds, 0, 6, true) {
                assert_eq!(text, time.to_string());
            } else {
                assert!(!(1970..2199).contains(&time.to_zoned(jiff::tz::TimeZone::UTC).year()), "{time}");
            }
        }
        assert_eq!(moment(1_735_689_600_000_042, TimeUnit::Microseconds, false).as_deref(), Some("2025-01-01T00:00:00.000042"));
        assert_eq!(moment(-1, TimeUnit::Milliseconds, true).as_deref(), Some("1969-12-31T23:59:59.999Z"));
        assert_eq!(moment(1_735_689_600_000_000_123, TimeUnit::Nanoseconds, true).as_deref(), Some("2025-01-01T00:00:00.000000123Z"));
    }

    #[test]
    fn a_broken_file_is_said_and_not_fatal() {
        let mut broken = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut broken, b"PAR1 and then nothing that makes sense PAR1").unwrap();
        assert!(batches(&broken).0.unwrap_err().starts_with("it is "));
    }

    #[test]
    fn columns_of_no_schema_are_said() {
        let mut frame = DataFrame::new(1, vec![Series::new("x".into(), &[1_i64]).into_column()]).unwrap();
        assert_eq!(batches(&file(&mut frame, 10)).0, Err("no column time".to_owned()));
    }
}
