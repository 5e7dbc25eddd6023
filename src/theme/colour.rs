//! One colour at every depth, and how far two colours are apart.

use ratatui::style::Color;

use super::Depth;

/// A colour as it is shown at each depth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shade {
    /// 24 bits.
    pub rgb: Color,
    /// One of 256.
    pub indexed: Color,
    /// One of 16.
    pub ansi: Color,
}

/// The 16 ANSI colours: name, colour, and the usual look (xterm's), by which the nearest is found.
const ANSI: [(&str, Color, [u8; 3]); 16] = [
    ("black", Color::Black, [0, 0, 0]),
    ("red", Color::Red, [205, 0, 0]),
    ("green", Color::Green, [0, 205, 0]),
    ("yellow", Color::Yellow, [205, 205, 0]),
    ("blue", Color::Blue, [0, 0, 238]),
    ("magenta", Color::Magenta, [205, 0, 205]),
    ("cyan", Color::Cyan, [0, 205, 205]),
    ("white", Color::Gray, [229, 229, 229]),
    ("bright-black", Color::DarkGray, [127, 127, 127]),
    ("bright-red", Color::LightRed, [255, 0, 0]),
    ("bright-green", Color::LightGreen, [0, 255, 0]),
    ("bright-yellow", Color::LightYellow, [255, 255, 0]),
    ("bright-blue", Color::LightBlue, [92, 92, 255]),
    ("bright-magenta", Color::LightMagenta, [255, 0, 255]),
    ("bright-cyan", Color::LightCyan, [0, 255, 255]),
    ("bright-white", Color::White, [255, 255, 255]),
];

impl Shade {
    /// The ANSI colour of this name, or `default` for the terminal's own.
    pub fn ansi_named(name: &str) -> Option<Self> {
        if name == "default" {
            return Some(Self { rgb: Color::Reset, indexed: Color::Reset, ansi: Color::Reset });
        }
        ANSI.iter().find(|(known, _, _)| *known == name).map(|(_, color, _)| Self { rgb: *color, indexed: *color, ansi: *color })
    }

    /// The shade of 24 bits; fewer colours are the nearest.
    pub fn from_rgb(rgb: [u8; 3]) -> Self {
        let [red, green, blue] = rgb;
        Self { rgb: Color::Rgb(red, green, blue), indexed: Color::Indexed(nearest_indexed(rgb)), ansi: nearest_ansi(rgb) }
    }

    /// The shade of an indexed colour; with 16 colours the nearest.
    pub fn from_index(index: u8) -> Self {
        let color = Color::Indexed(index);
        Self { rgb: color, indexed: color, ansi: ANSI.get(usize::from(index)).map_or_else(|| nearest_ansi(indexed_rgb(index)), |(_, color, _)| *color) }
    }

    /// The colour at a depth; none without colours.
    pub fn at(self, depth: Depth) -> Option<Color> {
        match depth {
            Depth::Mono => None,
            Depth::Ansi => Some(self.ansi),
            Depth::Indexed => Some(self.indexed),
            Depth::True => Some(self.rgb),
        }
    }
}

/// Reads `#rrggbb`.
pub fn parse_hex(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

/// Ratio of two colours' luminances as WCAG 2 defines it: 1 (alike) to 21 (black on white).
pub fn contrast(one: [u8; 3], two: [u8; 3]) -> f64 {
    let (one, two) = (luminance(one), luminance(two));
    (one.max(two) + 0.05) / (one.min(two) + 0.05)
}

/// The usual look of a colour; `None` for the terminal's own.
pub fn look(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Reset => None,
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        Color::Indexed(index) => Some(indexed_rgb(index)),
        named => ANSI.iter().find(|(_, color, _)| *color == named).map(|(_, _, rgb)| *rgb),
    }
}

fn luminance(rgb: [u8; 3]) -> f64 {
    let [red, green, blue] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The xterm cube (16 to 231) and greys (232 to 255).
fn indexed_rgb(index: u8) -> [u8; 3] {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..=15 => ANSI.get(usize::from(index)).map_or([0; 3], |(_, _, rgb)| *rgb),
        16..=231 => {
            let cube = index - 16;
            [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
        }
        232..=255 => [8 + 10 * (index - 232); 3],
    }
}

fn distance(one: [u8; 3], two: [u8; 3]) -> u32 {
    one.iter().zip(two).map(|(one, two)| u32::from(one.abs_diff(two)).pow(2)).sum()
}

/// The first 16 are left out: users paint them as they like.
fn nearest_indexed(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|index| distance(rgb, indexed_rgb(*index))).unwrap_or(16)
}

fn nearest_ansi(rgb: [u8; 3]) -> Color {
    ANSI.iter().min_by_key(|(_, _, known)| distance(rgb, *known)).map_or(Color::Reset, |(_, color, _)| *color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_colours_are_the_nearest() {
        assert_eq!(Shade::from_rgb([255, 95, 31]).indexed, Color::Indexed(202));
        assert_eq!(Shade::from_rgb([0, 0, 200]).ansi, Color::Blue);
        assert_eq!(Shade::from_index(9).ansi, Color::LightRed);
        assert_eq!(Shade::from_index(196).ansi, Color::LightRed);
        assert_eq!(Shade::from_rgb([238, 238, 238]).indexed, Color::Indexed(255));
        assert_eq!(Shade::from_rgb([1, 2, 3]).at(Depth::Mono), None);
    }

    #[test]
    fn hex_is_six_digits() {
        assert_eq!(parse_hex("#ff5f1F"), Some([255, 95, 31]));
        for text in ["ff5f1f", "#ff5f1", "#ff5f1ff", "#ff5f1g", "#+f5f1f", ""] {
            assert_eq!(parse_hex(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_runs_from_1_to_21() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.01);
        assert!((contrast([7; 3], [7; 3]) - 1.0).abs() < 1e-9);
    }
}
