//! A chunk of rows as a polars frame, and the way back from it to plain slices.

use polars::prelude::{ChunkedArray, Column, DataFrame, Int64Type, IntoColumn, PolarsNumericType, Scalar, UInt8Type, UInt16Type, UInt32Type};

use super::dictionary::NONE;
use super::portion::NO_RECORD;
use crate::backend::BackendError;

/// Rows in a full chunk: large enough that a chunk's overhead is nothing, small enough that a full table
/// grows by steps of about 10 MB.
pub(super) const ROWS: usize = 1 << 18;

/// A column under construction. As long as every value is the default it takes no room: most columns of most files stay empty.
#[derive(Debug, Clone)]
pub(super) struct Tall<T> {
    values: Vec<T>,
    /// Rows that came before the first value, while there is none.
    before: usize,
    default: T,
}

impl<T: Copy + PartialEq> Tall<T> {
    const fn new(default: T) -> Self {
        Self { values: Vec::new(), before: 0, default }
    }

    /// Adds a row.
    #[inline]
    pub(super) fn push(&mut self, value: T) {
        if self.values.is_empty() {
            if value == self.default {
                self.before += 1;
                return;
            }
            self.open();
        }
        self.values.push(value);
    }

    /// Makes room as soon as there is a value.
    fn open(&mut self) {
        if self.values.is_empty() {
            self.values.resize(self.before, self.default);
            self.before = 0;
        }
    }

    /// Forgets every row.
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.before = 0;
    }

    /// Rows so far.
    pub(super) fn len(&self) -> usize {
        if self.values.is_empty() { self.before } else { self.values.len() }
    }

    /// The value in a row.
    #[inline]
    pub(super) fn at(&self, row: usize) -> T {
        self.values.get(row).copied().unwrap_or(self.default)
    }

    /// Adds the rows of another column, each value as `map` has it; the default maps to itself.
    fn append(&mut self, other: &Self, map: impl Fn(T) -> T) {
        if other.values.is_empty() {
            if self.values.is_empty() {
                self.before += other.before;
            } else {
                self.values.resize(self.values.len() + other.before, self.default);
            }
            return;
        }
        self.open();
        self.values.extend(other.values.iter().map(|value| map(*value)));
    }

    /// Puts for each value what `map` has for it; the default maps to itself.
    fn replace(&mut self, map: impl Fn(T) -> T) {
        for value in &mut self.values {
            *value = map(*value);
        }
    }

    /// Keeps the rows of which `keep` says so.
    fn retain(&mut self, keep: &[bool]) {
        if self.values.is_empty() {
            self.before = self.before.min(keep.iter().filter(|keep| **keep).count());
            return;
        }
        let mut flags = keep.iter();
        self.values.retain(|_| flags.next().copied().unwrap_or(true));
        if self.values.is_empty() {
            self.before = 0;
        }
    }

    /// Adds the same value to as many rows as are missing up to `len`.
    pub(super) fn fill_to(&mut self, value: T, len: usize) {
        self.fill(value, len.saturating_sub(self.len()));
    }

    fn fill(&mut self, value: T, count: usize) {
        if self.values.is_empty() && value == self.default {
            self.before += count;
            return;
        }
        if count > 0 {
            self.open();
            self.values.resize(self.values.len() + count, value);
        }
    }
}

/// What codes of one reader are among all.
#[derive(Debug, Default)]
pub(super) struct Maps {
    pub(super) addresses: Vec<u32>,
    pub(super) texts: Vec<u32>,
    /// What the first of the portion's own texts is among all.
    pub(super) lone: u32,
}

/// How the values of a column change from one reader's to all.
trait Recode: Copy {
    fn plain(self, _: &Maps) -> Self {
        self
    }
    fn address(self, _: &Maps) -> Self {
        self
    }
    fn text(self, _: &Maps) -> Self {
        self
    }
    fn lone(self, _: &Maps) -> Self {
        self
    }
}

impl Recode for u8 {}
impl Recode for u16 {}

impl Recode for u32 {
    fn address(self, maps: &Maps) -> Self {
        maps.addresses.get(self as usize).copied().unwrap_or(NONE)
    }
    fn text(self, maps: &Maps) -> Self {
        maps.texts.get(self as usize).copied().unwrap_or(NONE)
    }
    fn lone(self, maps: &Maps) -> Self {
        if self == NONE { NONE } else { self.saturating_add(maps.lone) }
    }
}

impl Recode for i64 {
    fn lone(self, maps: &Maps) -> Self {
        if self < NO_RECORD { self - Self::from(maps.lone) } else { self }
    }
}

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident: $native:ty, $polars:ty, $recode:ident, $default:expr;)*) => {
        /// Rows under construction, one column after another.
        #[derive(Debug)]
        pub(super) struct Rows { $($(#[$doc])* pub(super) $name: Tall<$native>,)* }

        impl Default for Rows {
            fn default() -> Self {
                Self { $($name: Tall::new($default),)* }
            }
        }

        /// One row.
        #[derive(Debug, Clone)]
        pub(super) struct Row { $($(#[$doc])* pub(super) $name: $native,)* }

        impl Default for Row {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Rows {
            /// Adds a row.
            #[inline]
            pub(super) fn push(&mut self, row: &Row) {
                $(self.$name.push(row.$name);)*
            }

            /// Adds rows of one reader.
            pub(super) fn append(&mut self, other: &Self, maps: &Maps) {
                $(self.$name.append(&other.$name, |value| value.$recode(maps));)*
            }

            /// Puts codes for what stands in their place.
            pub(super) fn replace(&mut self, maps: &Maps) {
                $(self.$name.replace(|value| value.$recode(maps));)*
            }

            /// Keeps the rows of which `keep` says so.
            pub(super) fn retain(&mut self, keep: &[bool]) {
                $(self.$name.retain(keep);)*
            }

            /// The chunk of these rows; nothing is left in `self`.
            pub(super) fn take(&mut self) -> Result<Chunk, BackendError> {
                let height = self.time.len();
                let rows = std::mem::take(self);
                let columns = vec![$(pack::<$polars>(stringify!($name), rows.$name),)*];
                DataFrame::new(height, columns).map(Chunk).map_err(failed)
            }
        }

        /// The columns of a chunk as slices.
        #[derive(Clone, Copy)]
        pub(super) struct View<'a> { $($(#[$doc])* pub(super) $name: Cells<'a, $polars>,)* }

        impl Chunk {
            /// Its columns as slices.
            pub(super) fn view(&self) -> Result<View<'_>, BackendError> {
                Ok(View { $($name: cells::<$polars>(&self.0, stringify!($name))?,)* })
            }
        }
    };
}

columns! {
    /// Microseconds since the epoch.
    time: i64, Int64Type, plain, i64::MIN;
    /// `Kind as u8`.
    kind: u8, UInt8Type, plain, u8::MAX;
    /// Code of the source address.
    source: u32, UInt32Type, address, NONE;
    /// Port, 0 where unknown.
    source_port: u16, UInt16Type, plain, 0;
    /// Code of the destination address.
    destination: u32, UInt32Type, address, NONE;
    /// Port, 0 where unknown.
    destination_port: u16, UInt16Type, plain, 0;
    /// Code of the reporting host.
    host: u32, UInt32Type, text, NONE;
    /// Code of the user.
    user: u32, UInt32Type, text, NONE;
    /// Code of the program.
    process: u32, UInt32Type, text, NONE;
    /// Event code, `u32::MAX` where unknown.
    code: u32, UInt32Type, plain, u32::MAX;
    /// Code of the reason of a refusal.
    reason: u32, UInt32Type, text, NONE;
    /// Code of the channel.
    channel: u32, UInt32Type, text, NONE;
    /// Record number; a lone text as [`super::portion::text_number`].
    record: i64, Int64Type, lone, NO_RECORD;
    /// Code of the file.
    file: u32, UInt32Type, text, NONE;
    /// Code of the index.
    index: u32, UInt32Type, text, NONE;
    /// Place of the document id among the lone texts.
    id: u32, UInt32Type, lone, NONE;
    /// Logon id, 0 where unknown, as everything from here on that is a number or a truth.
    logon_id: i64, Int64Type, plain, 0;
    /// The other half of a split token.
    linked_logon_id: i64, Int64Type, plain, 0;
    /// Windows session, `NONE` where unknown.
    session_id: u32, UInt32Type, plain, NONE;
    /// Process id.
    process_id: u32, UInt32Type, plain, 0;
    /// Process id of the parent.
    parent_process_id: u32, UInt32Type, plain, 0;
    /// Minutes ahead of UTC, made positive by [`super::details::ZONE`].
    client_zone: u16, UInt16Type, plain, 0;
    /// Logon type, `u8::MAX` where unknown.
    logon_type: u8, UInt8Type, plain, u8::MAX;
    /// Two bits for each truth: known, and true.
    truths: u8, UInt8Type, plain, 0;
    /// Codes of the texts of [`crate::domain::Details`], each by its name there.
    authentication: u32, UInt32Type, text, NONE;
    connection: u32, UInt32Type, text, NONE;
    activity: u32, UInt32Type, text, NONE;
    client: u32, UInt32Type, text, NONE;
    transport: u32, UInt32Type, text, NONE;
    community: u32, UInt32Type, text, NONE;
    entity: u32, UInt32Type, text, NONE;
    parent_entity: u32, UInt32Type, text, NONE;
    parent: u32, UInt32Type, text, NONE;
    command_line: u32, UInt32Type, text, NONE;
    signer: u32, UInt32Type, text, NONE;
    target: u32, UInt32Type, text, NONE;
    service: u32, UInt32Type, text, NONE;
    target_user: u32, UInt32Type, text, NONE;
    /// What a reverse tunnel left in place of the client's address.
    tunnel_address: u32, UInt32Type, text, NONE;
}

/// Some rows of the table.
#[derive(Debug)]
pub(super) struct Chunk(DataFrame);

impl Chunk {
    /// Rows in it.
    pub(super) fn len(&self) -> usize {
        self.0.height()
    }
}

/// A type of column whose values are kept in half the room where all of a chunk fit: codes and numbers of a file are small.
pub(super) trait Packed: PolarsNumericType {
    /// What holds a small value.
    type Small: PolarsNumericType;
    /// A value in half the room; the highest small value stands for a missing one.
    fn small(value: Self::Native) -> Option<<Self::Small as PolarsNumericType>::Native>;
    /// And back.
    fn wide(value: <Self::Small as PolarsNumericType>::Native) -> Self::Native;
}

impl Packed for Int64Type {
    type Small = UInt32Type;
    fn small(value: i64) -> Option<u32> {
        if value == NO_RECORD { Some(u32::MAX) } else { u32::try_from(value).ok().filter(|value| *value != u32::MAX) }
    }
    fn wide(value: u32) -> i64 {
        if value == u32::MAX { NO_RECORD } else { value.into() }
    }
}

impl Packed for UInt32Type {
    type Small = UInt16Type;
    fn small(value: u32) -> Option<u16> {
        if value == NONE { Some(u16::MAX) } else { u16::try_from(value).ok().filter(|value| *value != u16::MAX) }
    }
    fn wide(value: u16) -> u32 {
        if value == u16::MAX { NONE } else { value.into() }
    }
}

/// Small as they are.
impl Packed for UInt16Type {
    type Small = Self;
    fn small(_: u16) -> Option<u16> {
        None
    }
    fn wide(value: u16) -> u16 {
        value
    }
}

/// Small as they are.
impl Packed for UInt8Type {
    type Small = Self;
    fn small(_: u8) -> Option<u8> {
        None
    }
    fn wide(value: u8) -> u8 {
        value
    }
}

/// One column: many values, or one that every row shares.
#[derive(Clone, Copy)]
pub(super) enum Cells<'a, T: Packed> {
    Many(&'a [T::Native]),
    Small(&'a [<T::Small as PolarsNumericType>::Native]),
    One(T::Native),
}

impl<T: Packed> Cells<'_, T> {
    /// The value in a row of the chunk.
    #[inline]
    pub(super) fn at(&self, row: usize) -> T::Native {
        match self {
            Self::Many(values) => values.get(row).copied().unwrap_or_default(),
            Self::Small(values) => values.get(row).copied().map_or_else(T::Native::default, T::wide),
            Self::One(value) => *value,
        }
    }
}

fn pack<T>(name: &str, column: Tall<T::Native>) -> Column
where
    T: Packed,
    T::Native: PartialEq + Copy,
    Scalar: From<T::Native>,
    ChunkedArray<T>: IntoColumn,
    ChunkedArray<T::Small>: IntoColumn,
{
    let shared = |value: T::Native, count| Column::new_scalar(name.into(), Scalar::from(value), count);
    match column.values.first() {
        None => return shared(column.default, column.before),
        Some(first) if column.values.iter().all(|value| value == first) => return shared(*first, column.values.len()),
        _ => {}
    }
    // Mostly the first value tells that they do not fit.
    let fits = column.values.iter().all(|value| T::small(*value).is_some());
    if fits {
        return ChunkedArray::<T::Small>::from_vec(name.into(), column.values.iter().filter_map(|value| T::small(*value)).collect()).into_column();
    }
    ChunkedArray::<T>::from_vec(name.into(), column.values).into_column()
}

fn cells<'a, T>(frame: &'a DataFrame, name: &str) -> Result<Cells<'a, T>, BackendError>
where
    T: Packed,
    T::Native: num_from::FromAny,
{
    let column = frame.column(name).map_err(failed)?;
    if let Some(scalar) = column.as_scalar_column() {
        return num_from::FromAny::from_any(scalar.scalar().value())
            .map(Cells::One)
            .ok_or_else(|| BackendError::new(format!("column {name} of the event table is of another type")));
    }
    let series = column.as_materialized_series();
    if *series.dtype() == T::get_static_dtype() {
        let array: &ChunkedArray<T> = series.as_ref().as_ref();
        return Ok(Cells::Many(array.cont_slice().map_err(failed)?));
    }
    let array: &ChunkedArray<T::Small> = series.as_ref().as_ref();
    Ok(Cells::Small(array.cont_slice().map_err(failed)?))
}

/// The number inside a polars value, exactly.
mod num_from {
    use polars::prelude::AnyValue;

    pub(super) trait FromAny: Sized {
        fn from_any(value: &AnyValue<'_>) -> Option<Self>;
    }

    macro_rules! exactly {
        ($($native:ty = $variant:ident)*) => {$(
            impl FromAny for $native {
                fn from_any(value: &AnyValue<'_>) -> Option<Self> {
                    if let AnyValue::$variant(number) = value { Some(*number) } else { None }
                }
            }
        )*};
    }

    exactly! { i64 = Int64 u8 = UInt8 u16 = UInt16 u32 = UInt32 }
}

/// A polars error as ours: it can only mean that the columns do not fit together.
fn failed(error: polars::prelude::PolarsError) -> BackendError {
    BackendError::new(format!("the event table could not be put together: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_take_half_the_room_and_read_as_they_were() {
        type Case = (&'static [i64], bool);
        let cases: [Case; 5] = [
            (&[0, 7, NO_RECORD, 4_294_967_294], true),
            (&[0, 4_294_967_295], false),
            (&[0, NO_RECORD - 1], false),
            (&[0, i64::MAX], false),
            (&[1_735_689_600_000_000, 1], false),
        ];
        for (values, is_small) in cases {
            let mut rows = Rows::default();
            for value in values {
                rows.push(&Row { time: *value, record: *value, source: u32::try_from(*value).unwrap_or(NONE), ..Row::default() });
            }
            let chunk = rows.take().unwrap();
            let view = chunk.view().unwrap();
            assert_eq!(matches!(view.record, Cells::Small(_)), is_small, "{values:?}");
            let found: Vec<(i64, i64, u32)> = (0..values.len()).map(|row| (view.time.at(row), view.record.at(row), view.source.at(row))).collect();
            assert_eq!(found, values.iter().map(|value| (*value, *value, u32::try_from(*value).unwrap_or(NONE))).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_column_without_values_takes_no_room_and_reads_as_the_default() {
        let (mut one, mut other) = (Tall::new(7_u32), Tall::new(7_u32));
        one.push(7);
        one.fill(7, 2);
        assert_eq!((one.len(), one.values.capacity()), (3, 0));
        for value in [7, 1, 7] {
            other.push(value);
        }
        one.append(&other, |value| if value == 7 { 7 } else { value + 1 });
        one.append(&Tall { values: Vec::new(), before: 2, default: 7 }, |value| value);
        assert_eq!(one.values, [7, 7, 7, 7, 2, 7, 7, 7]);
        one.retain(&[true, false, false, false, true, false, false, true]);
        assert_eq!(one.values, [7, 2, 7]);
        one.retain(&[false, false, false]);
        assert_eq!(one.len(), 0);
        one.push(7);
        assert_eq!((one.len(), one.at(0)), (1, 7));
    }
}
