use ruminate::formats::Dtype;
use ruminate::gpu::*;
use ruminate::kernels::*;
use ruminate::kernels::matvec::{Cut, MatVec};
fn main() {
    let gpu = pollster::block_on(Gpu::open(&GpuOptions::default())).unwrap();
    println!("{:?}", gpu.caps);
    let args: Vec<String> = std::env::args().collect();
    let shapes: &[(u32, u32, u32, Dtype)] = &[(1, 960, 576, Dtype::Q4_1), (1, 3072, 576, Dtype::Q4_1), (1, 576, 1536, Dtype::Q4_1), (1, 49152, 576, Dtype::Q8_0), (8, 3072, 576, Dtype::Q4_1), (64, 3072, 576, Dtype::Q4_1)];
    for &(rows, outputs, width, dtype) in shapes {
        if let Some(r) = args.get(1) { if r.parse::<u32>().unwrap() != rows { continue; } }
        for x in [Activation::F32, Activation::I8] {
            let mv = MatVec { width, outputs, rows, stride: outputs, first: 0, encoding: dtype.encoding().unwrap(), x, bias: false };
            let mut case = matvec::case(&mv, dtype, &gpu.caps, Sizes::Bench).unwrap();
            for workgroup in [8, 32] { for lanes in [1] { for outputs in [1, 2, 4] { for r in [1, 2, 4, 8] {
                if r > rows { continue; }
                let cut = Cut { workgroup, lanes, outputs, rows: r };
                case.plan = mv.plan_cut(&gpu.caps, cut);
                let t = pollster::block_on(bench(&gpu, &case)).unwrap();
                println!("{} wg{workgroup} o{outputs} r{r}: {:.0} us, {:.2} GFLOP/s", case.label, t.seconds * 1e6, t.flops_per_second / 1e9);
            } } } }
        }
    }
}
