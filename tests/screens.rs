//! The screens as they are seen, and the ways through them, without terminal and clock.

mod stage;

use rdptriage::domain::Trouble;
use rdptriage::investigation::{Effect, Period};
use stage::Stage;

#[test]
fn look() {
    let mut stage = Stage::story(100, 30);
    println!("{}", stage.text());
    for keys in ["<enter>", "2", "o", "3", "<enter>", "<esc>?", "<esc>:", "<esc>i", "<esc>t", "<esc>/"] {
        println!("---- {keys}\n{}", stage.press(keys).text());
    }
    let _ = (Period::All, Trouble { what: String::new(), advice: None }, Effect::Suspend);
}
