//! JSON documents, one a line.

use super::batch::Worker;
use super::interpret::Interpret;
use super::lines::lines;

/// Reads the documents of a block.
pub fn read<I: Interpret>(interpreter: &I, block: &[u8], worker: &mut Worker<I::Memo>) {
    for line in lines(block) {
        let reading = interpreter.json(&mut worker.memo, line).or_else(|reason| match std::str::from_utf8(line) {
            Ok(_) => Err(reason),
            // A name in another encoding must not cost the event.
            Err(_) => interpreter.json(&mut worker.memo, String::from_utf8_lossy(line).as_bytes()),
        });
        worker.add(reading);
    }
}
