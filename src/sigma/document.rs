//! Shows a document to rsigma.

use std::borrow::Cow;

use rsigma_eval::{Event, EventValue};
use serde_json::Value;

use super::Fields;

/// A document as rsigma wants to see it.
pub(super) struct Document<'a>(pub(super) &'a dyn Fields);

/// Like the library's own conversion, which only borrows.
fn owned(value: Value) -> EventValue<'static> {
    match value {
        Value::Null => EventValue::Null,
        Value::Bool(value) => EventValue::Bool(value),
        Value::Number(number) => number.as_i64().map_or_else(|| EventValue::Float(number.as_f64().unwrap_or(f64::NAN)), EventValue::Int),
        Value::String(text) => EventValue::Str(Cow::Owned(text)),
        Value::Array(values) => EventValue::Array(values.into_iter().map(owned).collect()),
        Value::Object(values) => EventValue::Map(values.into_iter().map(|(name, value)| (Cow::Owned(name), owned(value))).collect()),
    }
}

impl Event for Document<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        self.0.field(path).map(owned)
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        let mut found = false;
        self.0.each_text(&mut |text| found = found || pred(text));
        found
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut texts = Vec::new();
        self.0.each_text(&mut |text| texts.push(Cow::Owned(text.to_owned())));
        texts
    }

    fn to_json(&self) -> Value {
        // Only asked for by rules that keep the matching event; none of ours is told to.
        Value::Null
    }
}
