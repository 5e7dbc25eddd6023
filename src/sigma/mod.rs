//! Sigma rules, ours and the user's, evaluated by rsigma. (in work)

/// A document in Sigma's field names (`EventID`, `Image`, `DestinationPort` ...).
pub trait Fields {
    /// The value of a field, `None` where the document has none. Text, number or boolean as the document has it.
    fn field(&self, name: &str) -> Option<serde_json::Value>;
}
