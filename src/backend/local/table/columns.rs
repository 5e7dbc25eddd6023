//! A chunk of rows as a polars frame, and the way back from it to plain slices.

use polars::prelude::{ChunkedArray, Column, DataFrame, Int64Type, IntoColumn, PolarsNumericType, Scalar, UInt8Type, UInt16Type, UInt32Type};

use crate::backend::BackendError;

/// Rows in a full chunk: large enough that a chunk's overhead is nothing, small enough that a full table
/// grows by steps of about 10 MB.
pub(super) const ROWS: usize = 1 << 18;

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident: $native:ty, $polars:ty;)*) => {
        /// Rows under construction, one vector per column.
        #[derive(Debug, Default)]
        pub(super) struct Rows { $($(#[$doc])* pub(super) $name: Vec<$native>,)* }

        impl Rows {
            /// The chunk of these rows; nothing is left in `self`.
            pub(super) fn take(&mut self) -> Result<Chunk, BackendError> {
                let height = self.time.len();
                let columns = vec![$(pack::<$polars>(stringify!($name), std::mem::take(&mut self.$name)),)*];
                DataFrame::new(height, columns).map(Chunk).map_err(failed)
            }
        }

        /// The columns of a chunk as slices.
        #[derive(Clone, Copy)]
        pub(super) struct View<'a> { $($(#[$doc])* pub(super) $name: Cells<'a, $native>,)* }

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
    time: i64, Int64Type;
    /// `Kind as u8`.
    kind: u8, UInt8Type;
    /// Code of the source address.
    source: u32, UInt32Type;
    /// Port, 0 where unknown.
    source_port: u16, UInt16Type;
    /// Code of the destination address.
    destination: u32, UInt32Type;
    /// Port, 0 where unknown.
    destination_port: u16, UInt16Type;
    /// Code of the reporting host.
    host: u32, UInt32Type;
    /// Code of the user.
    user: u32, UInt32Type;
    /// Code of the program.
    process: u32, UInt32Type;
    /// Event code, `u32::MAX` where unknown.
    code: u32, UInt32Type;
    /// Code of the reason of a refusal.
    reason: u32, UInt32Type;
    /// Code of the channel.
    channel: u32, UInt32Type;
    /// Record number; text as [`super::builder::text_number`].
    record: i64, Int64Type;
    /// Code of the file.
    file: u32, UInt32Type;
    /// Code of the index.
    index: u32, UInt32Type;
    /// Code of the document id.
    id: u32, UInt32Type;
    /// Place of its details.
    details: u32, UInt32Type;
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

/// One column: many values, or one that every row shares.
#[derive(Clone, Copy)]
pub(super) enum Cells<'a, T> {
    Many(&'a [T]),
    One(T),
}

impl<T: Copy + Default> Cells<'_, T> {
    /// The value in a row of the chunk.
    #[inline]
    pub(super) fn at(&self, row: usize) -> T {
        match self {
            Self::Many(values) => values.get(row).copied().unwrap_or_default(),
            Self::One(value) => *value,
        }
    }
}

fn pack<T>(name: &str, values: Vec<T::Native>) -> Column
where
    T: PolarsNumericType,
    T::Native: PartialEq + Copy,
    Scalar: From<T::Native>,
    ChunkedArray<T>: IntoColumn,
{
    match values.first() {
        Some(first) if values.iter().all(|value| value == first) => Column::new_scalar(name.into(), Scalar::from(*first), values.len()),
        _ => ChunkedArray::<T>::from_vec(name.into(), values).into_column(),
    }
}

fn cells<'a, T>(frame: &'a DataFrame, name: &str) -> Result<Cells<'a, T::Native>, BackendError>
where
    T: PolarsNumericType,
    T::Native: num_from::FromAny,
{
    let column = frame.column(name).map_err(failed)?;
    if let Some(scalar) = column.as_scalar_column() {
        return num_from::FromAny::from_any(scalar.scalar().value())
            .map(Cells::One)
            .ok_or_else(|| BackendError::new(format!("column {name} of the event table is of another type")));
    }
    let array: &ChunkedArray<T> = column.as_materialized_series().as_ref().as_ref();
    Ok(Cells::Many(array.cont_slice().map_err(failed)?))
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
