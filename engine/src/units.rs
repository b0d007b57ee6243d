//! Numbers as people read them.

/// Bytes in binary units, to three digits.
pub fn bytes(count: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let exponent = (count.max(1).ilog2() / 10).min(4);
    if exponent == 0 {
        return format!("{count} B");
    }
    let value = count as f64 / f64::from(1u32 << 10).powi(exponent as i32);
    let digits = if value.fract() == 0.0 || value >= 100.0 { 0 } else { 2 };
    format!("{value:.digits$} {}", units[exponent as usize])
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_are_short() {
        assert_eq!([0, 1023, 1024, 98_362_432, 1 << 33].map(bytes), ["0 B", "1023 B", "1 KiB", "93.81 MiB", "8 GiB"]);
    }
}
