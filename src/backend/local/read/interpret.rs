//! The seam between cutting files into records and knowing what a record means.

use std::borrow::Cow;

use crate::schema::{Again, Columns, Interpreter, Memo, Reading};

/// What one thread remembers of the records before.
pub trait Remember {
    /// The event after a [`Reading::Again`].
    fn again(&mut self) -> Option<Again<'_>>;
}

impl Remember for Memo {
    fn again(&mut self) -> Option<Again<'_>> {
        Self::again(self)
    }
}

impl Remember for () {
    fn again(&mut self) -> Option<Again<'_>> {
        None
    }
}

/// Knows what records mean. Reading asks it from several threads.
pub trait Interpret: Sync {
    /// What it made of a header.
    type Columns: Send + Sync;

    /// What one thread remembers of the records before.
    type Memo: Default + Remember + Send;

    /// Reads one JSON document.
    ///
    /// # Errors
    /// Where the text is no usable document; the reason in a few words, without what the document says.
    fn json(&self, memo: &mut Self::Memo, text: &[u8]) -> Result<Reading, String>;

    /// Understands the column names of delimited text or of a columnar file.
    ///
    /// # Errors
    /// Where no schema fits; the sentence says what was looked for.
    fn header(&self, names: &[&str]) -> Result<Self::Columns, String>;

    /// What the columns cannot tell, if that is worth a word.
    fn remark(&self, _columns: &Self::Columns) -> Option<String> {
        None
    }

    /// Places of the columns that every row needs; others may be asked for now and then.
    fn used(&self, columns: &Self::Columns) -> Vec<usize>;

    /// Reads one row; `value` gives the text of a column by place.
    ///
    /// # Errors
    /// Where the row is no usable record; the reason in a few words.
    fn row<'a>(&self, memo: &mut Self::Memo, columns: &Self::Columns, value: &dyn Fn(usize) -> Option<Cow<'a, str>>) -> Result<Reading, String>;

    /// The id of the Sigma rule at `place`.
    fn rule(&self, place: usize) -> Option<&str>;

    /// The schemas it knows, for a report on records of none of them.
    fn schemas(&self) -> Vec<String>;
}

impl Interpret for Interpreter {
    type Columns = Columns;
    type Memo = Memo;

    fn json(&self, memo: &mut Memo, text: &[u8]) -> Result<Reading, String> {
        self.json_after(memo, text).map_err(|error| error.to_string())
    }

    fn header(&self, names: &[&str]) -> Result<Columns, String> {
        Self::header(self, names).map_err(|error| error.to_string())
    }

    fn remark(&self, columns: &Columns) -> Option<String> {
        columns.remark(self)
    }

    fn used(&self, columns: &Columns) -> Vec<usize> {
        columns.used().collect()
    }

    fn row<'a>(&self, memo: &mut Memo, columns: &Columns, value: &dyn Fn(usize) -> Option<Cow<'a, str>>) -> Result<Reading, String> {
        self.row_after(memo, columns, value).map_err(|error| error.to_string())
    }

    fn rule(&self, place: usize) -> Option<&str> {
        self.rules().get(place).map(crate::sigma::Rule::id)
    }

    fn schemas(&self) -> Vec<String> {
        self.schema_names().map(str::to_owned).collect()
    }
}
