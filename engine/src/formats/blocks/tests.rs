//! What holds for every block format.

use proptest::prelude::*;

use super::*;

const SUPPORTED: [Dtype; 5] = [Dtype::F32, Dtype::F16, Dtype::Q4_0, Dtype::Q4_1, Dtype::Q8_0];

fn bits(weights: &[f32]) -> Vec<u32> {
    weights.iter().map(|w| w.to_bits()).collect()
}

/// A tensor of any supported type, odd group counts included, of arbitrary bytes (NaN and infinite scales too).
fn tensors() -> impl Strategy<Value = (Dtype, usize, usize, Vec<u8>)> {
    (prop::sample::select(&SUPPORTED[..]), 1..7usize, 1..6usize).prop_flat_map(|(dtype, rows, groups)| {
        let size = dtype.bytes(rows * groups * GROUP).unwrap();
        (Just(dtype), Just(rows), Just(groups * GROUP), prop::collection::vec(any::<u8>(), size))
    })
}

proptest! {
    #[test]
    fn packing_loses_nothing((dtype, rows, cols, bytes) in tensors()) {
        let mut expected = vec![0.0; rows * cols];
        dequantize(dtype, &bytes, &mut expected).unwrap();
        let packed = pack(dtype, &bytes, rows, cols, RowOrder::AsStored).unwrap();
        prop_assert_eq!(bits(&packed.dequantize()), bits(&expected));
        for row in 0..rows {
            prop_assert_eq!(bits(&packed.row(row)), bits(&expected[row * cols..][..cols]));
        }
        prop_assert!(packed.row(rows).is_empty());
    }

    #[test]
    fn streaming_makes_the_same_words((dtype, rows, cols, bytes) in tensors(), budget in 0..4000usize) {
        let order = RowOrder::AsStored;
        let packed = pack(dtype, &bytes, rows, cols, order).unwrap();
        let (mut quants, mut scales) = (vec![], vec![]);
        for run in (Run { dtype, cols, rows: 0..rows, order }).split(budget) {
            let (q, s) = run.words().unwrap();
            // What was in the buffers before must not matter.
            let (mut some_quants, mut some_scales) = (vec![!0; q], vec![!0; s]);
            pack_rows(&run, &bytes, &mut some_quants, &mut some_scales).unwrap();
            quants.extend(some_quants);
            scales.extend(some_scales);
        }
        prop_assert_eq!((quants, scales), (packed.quants, packed.scales));
    }

    #[test]
    fn quantizing_is_within_half_a_step(weights in prop::collection::vec(-3.0f32..3.0, 64)) {
        for (dtype, steps) in [(Dtype::Q4_0, 8.0), (Dtype::Q4_1, 15.0), (Dtype::Q8_0, 127.0)] {
            let bytes = quantize(dtype, &weights).unwrap();
            let mut out = vec![0.0; 64];
            dequantize(dtype, &bytes, &mut out).unwrap();
            for (group, back) in weights.chunks(GROUP).zip(out.chunks(GROUP)) {
                let (least, most) = group.iter().fold((0f32, 0f32), |(l, m), &w| (l.min(w), m.max(w)));
                // Q4_0 has 16 codes and puts the peak at -8: the other sign is clipped at 7, off by up to a whole step.
                let (range, slack) = match dtype {
                    Dtype::Q4_1 => (most - least, 0.5),
                    Dtype::Q4_0 => (most.max(-least), 1.0),
                    _ => (most.max(-least), 0.5),
                };
                let tolerance = range / steps * (slack + 0.02) + 3.0 / 1024.0;
                for (w, b) in group.iter().zip(back) {
                    prop_assert!((w - b).abs() <= tolerance, "{} {} {} {}", dtype, w, b, tolerance);
                }
            }
        }
    }

    #[test]
    fn what_was_decoded_from_q8_encodes_to_the_same_weights(quants in prop::collection::vec(-127i8..=127, 32)) {
        let mut block = half::f16::from_f32(0.5).to_le_bytes().to_vec();
        block.extend(quants.iter().map(|q| q.cast_unsigned()));
        block[2] = 127; // The peak, so that the scale is found again.
        let mut weights = vec![0.0; 32];
        dequantize(Dtype::Q8_0, &block, &mut weights).unwrap();
        prop_assert_eq!(quantize(Dtype::Q8_0, &weights).unwrap(), block);
    }
}

#[test]
fn blocks_decode_to_known_weights() {
    let mut out = [0.0; 32];
    // d = 0.5, m = -1; byte i holds i low and 15 - i high.
    let nibbles = (0..16u8).map(|i| i | (15 - i) << 4);
    let head = |values: &[f32]| values.iter().flat_map(|&v| half::f16::from_f32(v).to_le_bytes()).collect::<Vec<u8>>();
    let block: Vec<u8> = head(&[0.5, -1.0]).into_iter().chain(nibbles.clone()).collect();
    dequantize(Dtype::Q4_1, &block, &mut out).unwrap();
    assert_eq!((out[0], out[3], out[15], out[16], out[31]), (-1.0, 0.5, 6.5, 6.5, -1.0));
    let block: Vec<u8> = head(&[0.5]).into_iter().chain(nibbles).collect();
    dequantize(Dtype::Q4_0, &block, &mut out).unwrap();
    assert_eq!((out[0], out[8], out[15], out[16], out[31]), (-4.0, 0.0, 3.5, 3.5, -4.0));
    let block: Vec<u8> = head(&[0.25]).into_iter().chain((0..32).map(|i: u8| i.wrapping_sub(2))).collect();
    dequantize(Dtype::Q8_0, &block, &mut out).unwrap();
    assert_eq!((out[0], out[1], out[2], out[31]), (-0.5, -0.25, 0.0, 7.25));
}

#[test]
fn words_are_where_the_kernels_read_them() {
    // Three groups (odd): the third one's scale is alone in the low half.
    let weights: Vec<f32> = (0..96).map(|i| i as f32 - 40.0).collect();
    let bytes = quantize(Dtype::Q4_0, &weights).unwrap();
    let packed = pack(Dtype::Q4_0, &bytes, 1, 96, RowOrder::AsStored).unwrap();
    assert_eq!((packed.quants.len(), packed.scales.len()), (12, 2));
    assert_eq!(packed.quants[5].to_le_bytes(), bytes[18 + 2 + 4..18 + 2 + 8]);
    assert_eq!(packed.scales[0].to_le_bytes(), [bytes[0], bytes[1], bytes[18], bytes[19]]);
    assert_eq!(packed.scales[1].to_le_bytes(), [bytes[36], bytes[37], 0, 0]);
    let bytes = quantize(Dtype::Q4_1, &weights).unwrap();
    let packed = pack(Dtype::Q4_1, &bytes, 3, 32, RowOrder::AsStored).unwrap();
    assert_eq!(packed.scales.len(), 3);
    assert_eq!(packed.scales[2].to_le_bytes(), bytes[40..44]);
}

#[test]
fn rows_are_reordered_and_their_scales_with_them() {
    let (head_dim, rows, cols) = (4, 8, 32);
    let weights: Vec<f32> = (0..rows * cols).map(|i| (i / cols) as f32 * 100.0).collect();
    for dtype in SUPPORTED {
        let bytes = quantize(dtype, &weights).unwrap();
        let mut stored = vec![0.0; rows * cols];
        dequantize(dtype, &bytes, &mut stored).unwrap();
        let packed = pack(dtype, &bytes, rows, cols, RowOrder::LlamaUnpermute { head_dim }).unwrap();
        let made = packed.dequantize();
        for (row, source) in [0, 2, 1, 3, 4, 6, 5, 7].into_iter().enumerate() {
            assert_eq!(made[row * cols..][..cols], stored[source * cols..][..cols], "{dtype} row {row}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |result: Result<Packed>, part: &str| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    let stored = RowOrder::AsStored;
    refused(pack(Dtype::F16, &[0; 2 * 40], 1, 40, stored), "multiple of 32");
    refused(pack(Dtype::F16, &[0; 63], 1, 32, stored), "63 bytes are not 32 F16 weights");
    refused(pack(Dtype::Q6K, &[0; 210], 1, 256, stored), "Q6_K is not supported yet");
    refused(pack(Dtype::F32, &[], usize::MAX, 32, stored), "overflow");
    // Six rows are no whole number of heads: the last ones' sources lie outside.
    refused(pack(Dtype::F32, &[0; 6 * 128], 6, 32, RowOrder::LlamaUnpermute { head_dim: 4 }), "row 6 is outside");
    assert!(dequantize(Dtype::Q8_0, &[0; 33], &mut [0.0; 32]).is_err());
    assert!(quantize(Dtype::Q8_0, &[0.0; 31]).is_err());
}

#[test]
fn constant_and_zero_groups_survive() {
    for dtype in SUPPORTED {
        for value in [0.0, -2.0] {
            let mut out = [9.0; 32];
            dequantize(dtype, &quantize(dtype, &[value; 32]).unwrap(), &mut out).unwrap();
            let worst = out.iter().map(|w| (w - value).abs()).fold(0.0, f32::max);
            assert!(worst <= 0.001, "{dtype} {value}: off by {worst}");
        }
    }
}

/// Golden blocks and the FNV-1a hash of their decoded little-endian f32, made with the reference Python package
/// `gguf` 0.19.0 (`gguf.quants.quantize`, `dequantize`) from the same 64 weights.
#[test]
fn blocks_agree_with_the_reference_package() {
    let mut state = 1u32;
    let weights: Vec<f32> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    })
    .take(64)
    .collect();
    for (dtype, golden, hash) in [
        (Dtype::Q4_0, "bc2fe456b89b31161d5920ba94674acef43fe9af7b20baf719c032f5a1f0aeea359de86d", 0x31d9eb523df22fd2),
        (
            Dtype::Q4_1,
            "1d30bcbbd355a88b31151c5820ba946649bde33f2930b1bb95df5608e73fcd0b6e0f5225ca622792",
            0x7bc9d3f455c6ce19,
        ),
        (
            Dtype::Q8_0,
            "cc1fbbde01368ade480f8125beec1859ba7e5fd33008b5988fd09f3616e0c24271abf91fd57ce30cf77f6036767aa7df30aafeac1860d48474bb5586e28cd8a150e8a51d",
            0x21e5d6d6ea27cdd1,
        ),
    ] {
        let bytes = quantize(dtype, &weights).unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, golden, "{dtype}");
        let mut out = [0.0f32; 64];
        dequantize(dtype, &bytes, &mut out).unwrap();
        let fnv = out
            .iter()
            .flat_map(|w| w.to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        assert_eq!(fnv, hash, "{dtype}");
    }
}
