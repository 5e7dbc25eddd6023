//! Every step on small stories where it must say bad, benign and cannot tell.
