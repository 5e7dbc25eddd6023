//! A piece of fetched data through its life: the last good picture stays while the next is on its way.

use std::sync::Arc;

use super::{Completeness, Timestamp};

/// What went wrong, as plain data that can be drawn: one sentence on what was tried, one on what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// What was being attempted and how it failed, without a period.
    pub what: String,
    /// The next step.
    pub advice: Option<String>,
}

/// A value with its age and its gaps.
#[derive(Debug)]
pub struct Kept<T> {
    /// The value, shared.
    pub value: Arc<T>,
    /// When it was true.
    pub as_of: Timestamp,
    /// What is missing from it.
    pub completeness: Completeness,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), as_of: self.as_of, completeness: self.completeness.clone() }
    }
}

/// Where a piece of data stands.
#[derive(Debug, Default)]
pub enum Load<T> {
    /// Never asked for.
    #[default]
    Idle,
    /// On its way; the picture before it, if there was one.
    Loading {
        /// The picture before.
        previous: Option<Kept<T>>,
    },
    /// Here.
    Ready(Kept<T>),
    /// Asked for in vain; the picture before stays.
    Failed {
        /// Why.
        trouble: Trouble,
        /// The picture before.
        previous: Option<Kept<T>>,
    },
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Idle => Self::Idle,
            Self::Loading { previous } => Self::Loading { previous: previous.clone() },
            Self::Ready(kept) => Self::Ready(kept.clone()),
            Self::Failed { trouble, previous } => Self::Failed { trouble: trouble.clone(), previous: previous.clone() },
        }
    }
}

impl<T> Load<T> {
    /// The picture to draw, however old.
    pub fn kept(&self) -> Option<&Kept<T>> {
        match self {
            Self::Idle => None,
            Self::Ready(kept) => Some(kept),
            Self::Loading { previous } | Self::Failed { previous, .. } => previous.as_ref(),
        }
    }

    /// The value to draw, however old.
    pub fn value(&self) -> Option<&T> {
        self.kept().map(|kept| kept.value.as_ref())
    }

    /// Whether an answer is on its way.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading { .. })
    }

    /// The trouble of the last question.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Failed { trouble, .. } => Some(trouble),
            _ => None,
        }
    }

    /// Asks again: what was here stays as the previous picture.
    pub fn begin(&mut self) {
        *self = Self::Loading { previous: self.kept().cloned() };
    }

    /// The question failed: what was here stays as the previous picture.
    pub fn fail(&mut self, trouble: Trouble) {
        *self = Self::Failed { trouble, previous: self.kept().cloned() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_keeps_the_picture() {
        let mut load = Load::Ready(Kept { value: Arc::new(41), as_of: Timestamp::UNIX_EPOCH, completeness: Completeness::whole(1) });
        load.begin();
        assert!(load.is_loading());
        load.fail(Trouble { what: "the cluster did not answer".to_owned(), advice: None });
        assert_eq!(load.value(), Some(&41));
        assert_eq!(load.trouble().map(|trouble| trouble.what.as_str()), Some("the cluster did not answer"));
    }
}
