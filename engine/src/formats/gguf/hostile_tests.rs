//! Files that are cut short, damaged or lie: an error or a sound file, never a panic, a hang or a huge allocation.

use std::path::Path;

use proptest::prelude::*;

use super::tests::sample;
use super::*;

/// Opens a file and touches everything in it, as a loader would.
fn exercise(bytes: Vec<u8>) -> Result<Gguf> {
    let size = bytes.len();
    let gguf = Gguf::from_bytes(Path::new("hostile.gguf"), bytes)?;
    for info in gguf.tensors() {
        assert_eq!(gguf.bytes(info).len(), info.size());
        assert!(info.size() <= size && info.rows > 0 && info.cols > 0);
        if gguf.encoding(info).is_ok() {
            crate::formats::blocks::pack(
                info.dtype,
                gguf.bytes(info),
                info.rows,
                info.cols,
                crate::formats::RowOrder::AsStored,
            )?;
        }
        gguf.release(info);
    }
    Ok(gguf)
}

fn refused(bytes: Vec<u8>, part: &str) {
    let message = exercise(bytes).unwrap_err().to_string();
    assert!(message.contains(part), "expected {part:?} in: {message}");
}

/// Where `needle` begins.
fn find(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).position(|window| window == needle).unwrap()
}

/// The sample with `new` at `distance` bytes behind the end of `needle`.
fn patched(needle: &[u8], distance: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = sample();
    let at = find(&bytes, needle) + needle.len() + distance;
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = sample();
    // The last tensor's padding may be missing, nothing else.
    let padding = 420usize.next_multiple_of(32) - 420;
    for length in 0..whole.len() {
        assert_eq!(exercise(whole[..length].to_vec()).is_ok(), length >= whole.len() - padding, "cut to {length}");
    }
}

#[test]
fn headers_that_are_not_gguf_v3_are_refused() {
    let with = |at: usize, new: &[u8]| {
        let mut bytes = sample();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    refused(with(0, b"PK\x03\x04"), "not a GGUF file");
    refused(with(4, &1u32.to_le_bytes()), "GGUF version 1");
    refused(with(4, &4u32.to_le_bytes()), "GGUF version 4");
    refused(with(4, &3u32.to_be_bytes()), "big-endian");
}

#[test]
fn lying_counts_and_lengths_are_refused() {
    for count in [1u64 << 20, u64::from(u32::MAX), u64::MAX, u64::MAX / 32 + 1] {
        for at in [8, 16] {
            let mut bytes = sample();
            bytes[at..at + 8].copy_from_slice(&count.to_le_bytes());
            refused(bytes, "more than the rest of the file can hold");
        }
        refused(patched(b"a.str", 4, &count.to_le_bytes()), "more than the rest of the file can hold");
        refused(patched(b"a.strings", 8, &count.to_le_bytes()), "more than the rest of the file can hold");
        refused(patched(b"a.ints", 8, &count.to_le_bytes()), "more than the rest of the file can hold");
    }
    refused(patched(b"a.ints", 8, &400u64.to_le_bytes()), "a.ints at byte");
}

#[test]
fn more_keys_than_any_model_has_are_refused() {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(0u64.to_le_bytes());
    bytes.extend((1u64 << 17).to_le_bytes());
    bytes.resize(4 << 20, 0);
    refused(bytes, "131072 metadata keys");
}

#[test]
fn bad_metadata_is_refused() {
    refused(patched(b"a.bool", 4, &[2]), "a.bool has an invalid value");
    refused(patched(b"a.bool", 0, &99u32.to_le_bytes()), "unknown type 99");
    refused(patched(b"a.ints", 4, &9u32.to_le_bytes()), "array of unknown type 9");
    refused(
        patched("ümlaut".as_bytes(), 0, &[]).into_iter().map(|b| if b == 0xc3 { 0xff } else { b }).collect(),
        "UTF-8",
    );
    let twice = GgufWriter::new("x").metadata("k", Value::U8(1)).metadata("k", Value::U8(2)).finish();
    refused(twice, "\"k\" appears twice");
    for (alignment, good) in [(0, false), (24, false), (1 << 21, false), (u32::MAX, false), (8, true), (64, true)] {
        let file = GgufWriter::new("x").metadata("general.alignment", Value::U32(alignment)).finish();
        assert_eq!(exercise(file).is_ok(), good, "alignment {alignment}");
    }
}

#[test]
fn bad_tensor_infos_are_refused() {
    let norm = [&4u64.to_le_bytes()[..], b"norm"].concat();
    // After the name: 4 bytes of dimensions, 8 of shape, 4 of type, 8 of offset.
    refused(patched(&norm, 0, &0u32.to_le_bytes()), "0 dimensions");
    refused(patched(&norm, 0, &u32::MAX.to_le_bytes()), "4294967295 dimensions");
    refused(patched(&norm, 4, &0u64.to_le_bytes()), "shape [0] is not possible");
    refused(patched(&norm, 4, &u64::MAX.to_le_bytes()), "past the end");
    refused(patched(&norm, 12, &4u32.to_le_bytes()), "unknown id 4");
    refused(patched(&norm, 16, &8u64.to_le_bytes()), "not a multiple of the alignment");
    refused(patched(&norm, 16, &(1u64 << 40).to_le_bytes()), "past the end");
    refused(patched(&norm, 16, &(u64::MAX - 31).to_le_bytes()), "past the end");
    refused(patched(&norm, 16, &128u64.to_le_bytes()), "overlaps tensor");
    let w = [&1u64.to_le_bytes()[..], b"w"].concat();
    refused(patched(&w, 4, &63u64.to_le_bytes()), "no whole number of Q4_1 blocks");
    let huge = [(1u64 << 32).to_le_bytes(), (1u64 << 32).to_le_bytes()].concat();
    refused(patched(&w, 4, &huge), "is not possible");
    let twice = GgufWriter::new("x").tensor("t", &[1], Dtype::F32, &[0; 4]).tensor("t", &[1], Dtype::F32, &[0; 4]);
    refused(twice.finish(), "tensor t: it appears twice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = sample();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _either = exercise(bytes);
    }

    #[test]
    fn flipped_words_never_panic(at in any::<prop::sample::Index>(), word in prop::sample::select(vec![
        0u64, 1, 31, 32, 1 << 31, 1 << 32, 1 << 62, 1 << 63, u64::MAX, u64::MAX - 31, u64::MAX / 32,
    ])) {
        let mut bytes = sample();
        let at = at.index(bytes.len() - 8);
        bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        let _either = exercise(bytes);
    }

    #[test]
    fn noise_after_a_good_header_never_panics(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = b"GGUF\x03\0\0\0\x02\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0".to_vec();
        bytes.extend(noise);
        let _either = exercise(bytes);
    }
}
