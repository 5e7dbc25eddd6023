//! JSON documents, one a line.

use super::batch::Batch;
use super::interpret::Interpret;
use super::lines::lines;

/// Reads the documents of a block.
pub fn read<I: Interpret>(interpreter: &I, block: &[u8], batch: &mut Batch) {
    for line in lines(block) {
        let reading = interpreter.json(line).or_else(|reason| match std::str::from_utf8(line) {
            Ok(_) => Err(reason),
            // A name in another encoding must not cost the event.
            Err(_) => interpreter.json(String::from_utf8_lossy(line).as_bytes()),
        });
        batch.add(reading);
    }
}
