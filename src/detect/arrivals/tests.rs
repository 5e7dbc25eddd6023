//! What the arrivals detector says of made-up weeks.
