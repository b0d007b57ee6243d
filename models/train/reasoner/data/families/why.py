"""Why a step adds, subtracts, multiplies or divides: what must be understood to solve a story that was never seen. `{a}` and `{b}` are the operands."""

WHY = {
    "gain": "[getting more makes the number larger, so we add {b} to {a}|{b} are added to the {a} from before, so this is a sum|the new ones come on top of the {a}, so we add|"
            "more were added, so we go up from {a} by {b}|after a gain there are more than before, so add {b}]",
    "lose": "[what is gone is taken away, so we subtract {b} from {a}|there are fewer than before, so we take {b} away from {a}|{b} of the {a} are gone, so we subtract|"
            "the number goes down by {b}, so this is {a} minus {b}|we remove {b} from {a} to see what remains]",
    "together": "[we put the two numbers together, so we add|a total of two parts is their sum, so add {a} and {b}|both parts count, so we add {a} and {b}|"
                "to get all of them we add {a} and {b}|in all means a sum, so we add the parts]",
    "groups": "[every group has the same number, so we multiply the number of groups by the size of a group|the same number comes again and again, so we multiply {a} by {b}|"
              "equal groups mean multiplication, so {a} times {b}|instead of adding the same number many times we multiply|{a} groups of {b} are {a} times {b}]",
    "each": "[the same amount counts for each one, so we multiply|the amount for one is repeated, so this is a multiplication of {a} and {b}|"
            "for one it is one amount, for many it is that many times as much, so multiply|we take the amount for one as many times as needed, so multiply {a} and {b}]",
    "share": "[equal parts mean division, so we divide {a} by {b}|everyone gets the same, so we split {a} into {b} equal parts|sharing equally is dividing, so {a} divided by {b}|"
             "the {a} are split evenly into {b} parts, so divide]",
    "fill": "[we ask how many groups of {b} fit into {a}, so we divide|each group takes {b}, so we divide {a} by {b} to count the groups|we count how often {b} goes into {a}, which is a division|"
            "the size of a group is known, so dividing {a} by {b} gives the number of groups]",
    "more": "[more than means we add the difference to the smaller number|{b} more than {a} is the sum of the two|the larger number is the smaller one plus the difference, so add {b} to {a}|"
            "it is {b} above {a}, so we add]",
    "fewer": "[fewer than means we subtract the difference from the larger number|{b} fewer than {a} is {a} minus {b}|the smaller number is the larger one minus the difference, so subtract {b} from {a}|"
             "it is {b} below {a}, so we subtract]",
    "multiple": "[times as many means we multiply|{b} times as much as {a} is {a} times {b}|the larger number is {b} copies of {a}, so multiply|we take {a} {b} times, so multiply]",
    "part": "[a fraction with {b} equal parts means we divide by {b}|one of {b} equal parts of {a} is {a} divided by {b}|to find one part, split {a} into {b} equal parts|one part out of {b} is found by dividing]",
    "parts": "[one part is {a}, and we take {b} such parts, so multiply|{b} parts of {a} each make {a} times {b}|we know one part, so several parts are a multiplication]",
    "difference": "[how many more is a difference, so we subtract the smaller number from the larger|to compare two numbers we subtract, {a} minus {b}|the gap between {a} and {b} is found by subtracting|"
                  "we compare {a} with {b}, so take the smaller away from the larger|the difference between the two is {a} minus {b}]",
    "missing": "[the known part is {b} out of {a}, so the other part is the rest: subtract|the whole is {a} and one part is {b}, so we subtract to get the other part|"
               "what is missing from {b} to {a} is found by subtracting|the two parts make {a}, so the unknown part is {a} minus {b}]",
    "undo_loss": "[before the loss there were more, so we add {b} back to {a}|to go back in time we undo the loss: add {b} to {a}|the {b} were still there at the start, so we add them to {a}|"
                 "what is left and what is gone make up the start, so add]",
    "undo_gain": "[before the gain there were fewer, so we take {b} away from {a}|to go back in time we undo the gain: subtract {b} from {a}|the {b} came later, so we take them out of {a}|"
                 "the start is the end without what was added, so subtract]",
    "change_down": "[the number fell from {a} to {b}, so the change is {a} minus {b}|what was there before minus what is there now is what is gone|from {a} only {b} are left, so the rest is gone: subtract|"
                   "we compare before and after: {a} minus {b}]",
    "change_up": "[the number rose from {b} to {a}, so the change is {a} minus {b}|what is there now minus what was there before is what was added|only {b} were there before, so the others came later: subtract|"
                 "we compare after and before: {a} minus {b}]",
    "undo_times": "[it was multiplied by {b}, so we divide to go back|to undo a multiplication we divide {a} by {b}|{a} is {b} times the number we look for, so divide]",
    "undo_share": "[it was divided by {b}, so we multiply to go back|to undo a division we multiply {a} by {b}|each of the {b} parts is {a}, so the whole is {a} times {b}]",
    "price": "[each one costs the same, so we multiply the number by the price|the price of one is paid for every one, so multiply {a} and {b}|cost is number times price, so {a} times {b}]",
    "spend": "[money that is spent is gone, so we subtract {b} from {a}|paying makes the money less, so take {b} away from {a}|what is left is {a} minus {b}]",
    "earn": "[money that comes in is added, so add {b} to {a}|the new money goes on top of the {a}, so we add|we add what comes in, {b}, to {a}]",
    "afford": "[each one takes {b} from the money, so we divide {a} by {b}|we ask how many times {b} fits into {a}, so divide|the number one can buy is the money divided by the price]",
    "unit_price": "[all cost the same, so we divide the total by the number|the price of one is the total split into equal parts, so divide {a} by {b}|{a} is shared over equal items, so divide]",
}
