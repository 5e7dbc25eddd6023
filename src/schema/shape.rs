//! What follows from which paths a record has a value at, worked out once for all records that have the same: the schemas
//! it can be of, and where the values of each field stand.

use std::collections::HashMap;

use super::Field;
use super::capture::Captured;
use super::compiled::{Compiled, Proof, Spelling};
use super::moment::Format;
use super::paths::Slot;

/// Most shapes that are kept. Records that never have the same fields twice are looked at one by one.
const MOST: usize = 4096;

/// One way to a value of a field in records of one shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// The value kept at this place.
    At(u8),
    /// A line of the rendered message: the spelling of this number.
    Line(u8),
}

/// Where the values of a schema's fields stand in records of one shape.
#[derive(Clone, Debug)]
pub struct Places {
    /// For each field the ways to its values in the order of its spellings.
    fields: Vec<Box<[Way]>>,
    /// Places of the rendered message.
    pub(super) message: Box<[u8]>,
    /// Places of the time with their formats.
    pub(super) time: Vec<(u8, Format)>,
}

impl Places {
    fn of(schema: &Compiled, slots: &[Slot]) -> Self {
        let place = |wanted: Slot| slots.iter().position(|slot| *slot == wanted).and_then(|place| u8::try_from(place).ok());
        let of_path = |spelling: &Spelling| if let Spelling::Path(slot) = spelling { place(*slot) } else { None };
        let message: Box<[u8]> = schema.spellings(Field::Message).iter().filter_map(of_path).collect();
        let way = |(number, spelling): (usize, &Spelling)| match spelling {
            Spelling::Path(slot) => place(*slot).map(Way::At),
            Spelling::Line { .. } if message.is_empty() => None,
            Spelling::Line { .. } => u8::try_from(number).ok().map(Way::Line),
        };
        let fields = Field::ALL.iter().map(|field| schema.spellings(*field).iter().enumerate().filter_map(way).collect()).collect();
        Self { fields, message, time: schema.time.iter().filter_map(|(slot, format)| Some((place(*slot)?, *format))).collect() }
    }

    /// The ways to a field's values.
    pub fn of_field(&self, field: Field) -> &[Way] {
        self.fields.get(field as usize).map(|ways| &**ways).unwrap_or_default()
    }
}

/// A schema that records of a shape can be of.
#[derive(Debug)]
pub struct Candidate {
    /// Its place among all schemas.
    pub schema: usize,
    /// Proofs of which one must hold by its values; none where the shape itself is the proof.
    pub proofs: Vec<Proof>,
    /// Where its fields stand.
    pub places: Places,
}

/// A shape.
#[derive(Debug)]
pub struct Shape {
    slots: Box<[Slot]>,
    /// The schemas in order; the last that needs no proof by values ends the list.
    pub candidates: Vec<Candidate>,
    /// For schemas of tables, which are known before: the places of their fields.
    tables: Vec<(usize, Places)>,
    /// Places of the values on which the schema depends, a bit each.
    pub deciding: u64,
}

/// The bit of a place; of a place beyond the bits, all of them.
pub const fn bit(place: usize) -> u64 {
    if place < 64 { 1 << place } else { u64::MAX }
}

impl Shape {
    fn of(schemas: &[Compiled], captured: &Captured<'_>) -> Self {
        let slots: Box<[Slot]> = captured.slots().collect();
        let mut candidates = Vec::new();
        for (number, schema) in schemas.iter().enumerate().filter(|(_, schema)| !schema.loose) {
            let possible: Vec<&Proof> = schema.proofs.iter().filter(|proof| proof.holds(captured, true)).collect();
            if possible.is_empty() {
                continue;
            }
            let is_sure = possible.iter().any(|proof| proof.is.is_empty());
            let proofs = if is_sure { Vec::new() } else { possible.into_iter().cloned().collect() };
            candidates.push(Candidate { schema: number, proofs, places: Places::of(schema, &slots) });
            if is_sure {
                break;
            }
        }
        let decisive = candidates.iter().flat_map(|candidate| &candidate.proofs).flat_map(|proof| &proof.is);
        let deciding = decisive.filter_map(|(wanted, _)| slots.iter().position(|slot| slot == wanted)).fold(0, |places, place| places | bit(place));
        Self { slots, candidates, tables: Vec::new(), deciding }
    }

    /// The schema of a record of this shape.
    pub fn recognise(&self, captured: &Captured<'_>) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.proofs.is_empty() || candidate.proofs.iter().any(|proof| proof.holds(captured, false)))
    }
}

/// The shapes met so far.
#[derive(Debug, Default)]
pub struct Shapes {
    known: HashMap<u64, usize, foldhash::fast::FixedState>,
    shapes: Vec<Shape>,
    last: Option<(u64, usize)>,
    is_closed: bool,
}

impl Shapes {
    /// Keeps no more.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// The shape of a record; `None` where too many are known already.
    pub fn of(&mut self, schemas: &[Compiled], captured: &Captured<'_>) -> Option<&Shape> {
        self.find(schemas, captured).map(|shape| &*shape)
    }

    /// Where the fields of a schema stand in a row of a table.
    pub fn in_table(&mut self, schemas: &[Compiled], number: usize, captured: &Captured<'_>) -> Option<&Places> {
        let schema = schemas.get(number)?;
        let shape = self.find(schemas, captured)?;
        let place = shape.tables.iter().position(|(known, _)| *known == number).unwrap_or_else(|| {
            shape.tables.push((number, Places::of(schema, &shape.slots)));
            shape.tables.len() - 1
        });
        shape.tables.get(place).map(|(_, places)| places)
    }

    fn find(&mut self, schemas: &[Compiled], captured: &Captured<'_>) -> Option<&mut Shape> {
        let signature = captured.signature();
        let place = match self.last {
            Some((last, place)) if last == signature => place,
            _ => {
                let place = match self.known.get(&signature) {
                    Some(place) => *place,
                    None if self.is_closed || self.shapes.len() >= MOST => return None,
                    None => {
                        self.shapes.push(Shape::of(schemas, captured));
                        self.known.insert(signature, self.shapes.len() - 1);
                        self.shapes.len() - 1
                    }
                };
                self.last = Some((signature, place));
                place
            }
        };
        // Signatures may be alike by chance, or by somebody's design.
        self.shapes.get_mut(place).filter(|shape| captured.slots().eq(shape.slots.iter().copied()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Interpreter, Options, Schemas};
    use super::*;
    use crate::schema::Memo;
    use crate::schema::repeat::whole;
    use crate::sigma::RuleSet;

    #[test]
    fn records_read_alike_with_and_without_a_memory_of_others() {
        let interpreter = Interpreter::new(Schemas::built_in(), RuleSet::built_in().into(), Options::default()).expect("ours");
        let logon = |kind: &str, provider: &str| {
            format!(
                r#"{{"@timestamp":"2026-03-08T15:04:05Z","event":{{"code":"4624","provider":"{provider}"}},"winlog":{{"channel":"Security","logon":{{"type":"{kind}"}}}},"source":{{"ip":"192.0.2.7"}},"user":{{"name":"{kind}","domain":"-"}}}}"#
            )
        };
        let mut memo = Memo::default();
        // The same keys in another order, values that are none, and values on which the schema or the rule depends.
        for document in [
            logon("RemoteInteractive", "Microsoft-Windows-Security-Auditing"),
            logon("Network", "Microsoft-Windows-Security-Auditing"),
            logon("-", "Microsoft-Windows-Security-Auditing"),
            logon("RemoteInteractive", ""),
            r#"{"source":{"ip":"192.0.2.7"},"destination":{"ip":"10.0.0.5","port":3389},"@timestamp":"2026-03-08T15:04:05Z"}"#.to_owned(),
            r#"{"@timestamp":"2026-03-08T15:04:05Z","source":{"ip":"192.0.2.7"},"destination":{"ip":"10.0.0.5","port":3389}}"#.to_owned(),
            r#"{"@timestamp":"2026-03-08T15:04:05Z","source":{"ip":"-"},"destination":{"ip":"10.0.0.5","port":3389}}"#.to_owned(),
            r#"{"@timestamp":"2026-03-08T15:04:05Z","source":{"ip":"192.0.2.8"},"destination":{"ip":"10.0.0.5","port":443}}"#.to_owned(),
        ] {
            for _ in 0..40 {
                assert_eq!(whole(interpreter.json_after(&mut memo, document.as_bytes()), &mut memo), interpreter.json(document.as_bytes()), "{document}");
            }
        }
    }

    #[test]
    fn a_signature_that_is_alike_by_chance_does_no_harm() {
        let mut shapes = Shapes::default();
        let mut captured = Captured::default();
        captured.put(3, super::super::Scalar::Int(1));
        shapes.known.insert(captured.signature(), 0);
        shapes.shapes.push(Shape::of(&[], &Captured::default()));
        assert!(shapes.of(&[], &captured).is_none());
    }
}
