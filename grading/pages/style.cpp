#include "grading/pages/style.h"

namespace grading::html {

// Blue and vermilion are told apart by every kind of eye. Each of --good, --bad, --odd and --quiet
// has a contrast of more than 4.5 with --paper, --card and --code, in both schemes.
const std::string_view style = R"css(
:root {
  color-scheme: light dark;
  --paper: #faf8f4; --card: #ffffff; --code: #f3f0e9; --ink: #1d1b18; --quiet: #5d5951;
  --line: #dcd7cc; --good: #0b5c8f; --bad: #a5360b; --odd: #725400; --none: #5d5951;
  --good-fill: #2f86bd; --bad-fill: #d4622f; --odd-fill: #c9a227; --none-fill: #a8a297;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", Georgia, "Source Serif 4", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
  --mono: ui-monospace, "Cascadia Code", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --card: #1c1f23; --code: #24282d; --ink: #e8e5df; --quiet: #aaa59b;
    --line: #353a41; --good: #79c2ee; --bad: #ff9d70; --odd: #e2bd58; --none: #aaa59b;
    --good-fill: #4a9fd6; --bad-fill: #e0723e; --odd-fill: #bd9830; --none-fill: #6d6a64;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 var(--sans); overflow-wrap: anywhere;
}
main, .top, .foot { max-width: 54rem; margin: 0 auto; padding: 0 1.1rem; }
.wide main, .wide .top { max-width: 68rem; }
.top { padding-top: 2.2rem; }
.foot { padding-top: 1rem; padding-bottom: 3rem; color: var(--quiet); font-size: .875rem; }
h1, h2, h3 { font-family: var(--serif); line-height: 1.2; font-weight: 600; text-wrap: balance; }
h1 { font-size: clamp(1.7rem, 1.2rem + 2.4vw, 2.5rem); margin: .1em 0 .3em; letter-spacing: -.01em; }
h2 { font-size: 1.5rem; margin: 2.6rem 0 .7rem; }
h3 { font-size: 1.2rem; margin: 1.8rem 0 .5rem; }
h4, h5, .label {
  font: 600 .78rem/1.4 var(--sans); letter-spacing: .06em; text-transform: uppercase;
  color: var(--quiet); margin: 1.3rem 0 .35rem;
}
p { margin: .5rem 0; max-width: 42rem; }
a { color: var(--good); text-underline-offset: .15em; text-decoration-thickness: from-font; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible {
  outline: 2px solid var(--good-fill); outline-offset: 2px; border-radius: 3px;
}
code, pre { font-family: var(--mono); font-size: .875em; font-variant-ligatures: none; }
pre, .scroll { overflow-x: auto; max-width: 100%; }
pre {
  background: var(--code); border-radius: 6px; padding: .7rem .9rem; margin: .3rem 0;
  line-height: 1.5; font-size: .8125rem; tab-size: 4; overflow-wrap: normal;
}
.over { color: var(--quiet); margin: 0; font-size: .95rem; }
.over a { color: inherit; }
.quiet { color: var(--quiet); }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 1.1rem 1.3rem; margin: 1rem 0;
}
.card > :first-child { margin-top: 0; } .card > :last-child { margin-bottom: 0; }
.verdict { display: grid; gap: .3rem 2rem; grid-template-columns: auto 1fr; align-items: center; }
.score { font: 600 3.2rem/1 var(--serif); font-variant-numeric: lining-nums tabular-nums; margin: 0; }
.score small { font-size: 1.25rem; color: var(--quiet); font-weight: 400; white-space: nowrap; }
.verdict .says { margin: 0; }
.verdict svg { grid-column: 1 / -1; margin-top: .6rem; }
@media (max-width: 34rem) { .verdict { grid-template-columns: 1fr; } }
.note { border-left: 4px solid var(--odd-fill); padding: .1rem 0 .1rem 1rem; margin: 1.1rem 0; }
.note.looks { border-color: var(--bad-fill); }
.note.next { border-color: var(--good-fill); }
.note .label { margin: 0; }
.note p { margin: .2rem 0; }
.chip {
  display: inline-block; font: 600 .8rem/1 var(--sans); padding: .32em .6em .34em; border-radius: 99px;
  border: 1.5px solid currentColor; white-space: nowrap; vertical-align: .12em; background: var(--card);
}
.good { color: var(--good); } .bad { color: var(--bad); } .odd { color: var(--odd); }
.none { color: var(--none); }
.test > header h3, .test > header h4 {
  font: 600 1.15rem/1.3 var(--serif); text-transform: none; letter-spacing: 0; color: var(--ink);
  margin: .5rem 0 .1rem;
}
.hints h3, .hints h4 {
  font: 600 1rem/1.4 var(--sans); text-transform: none; letter-spacing: 0; color: var(--ink);
  margin: 1rem 0 0;
}
.test > header p { margin: 0; color: var(--quiet); font-size: .9rem; }
.test { border-left: 4px solid var(--bad-fill); }
.test.odd-test { border-left-color: var(--odd-fill); }
.steps { margin: .3rem 0; padding-left: 2.4rem; line-height: 1.42; }
.steps li { padding-left: .2rem; } .steps li::marker { color: var(--quiet); font-variant-numeric: tabular-nums; }
.steps .end { font-weight: 600; } .steps .end::marker { color: var(--bad); content: "► " counter(list-item) ". "; }
.steps .gap { list-style: none; color: var(--quiet); }
.versus { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.1rem; margin: 1.2rem 0 .6rem; }
.versus dt { font: 600 .78rem/1.9 var(--sans); letter-spacing: .06em; text-transform: uppercase; color: var(--quiet); }
.versus dd { margin: 0; font-family: var(--mono); font-size: .875rem; white-space: pre-wrap; }
@media (max-width: 34rem) { .versus { grid-template-columns: 1fr; gap: 0; } .versus dd { margin-bottom: .4rem; } }
.cause { background: var(--code); border-radius: 6px; padding: .7rem .9rem; margin: .8rem 0; max-width: none; }
.cause strong { display: block; font: 600 .78rem/1.5 var(--sans); letter-spacing: .06em; text-transform: uppercase; color: var(--bad); }
details { margin: .6rem 0; }
summary { cursor: pointer; padding: .25rem 0; }
summary:hover { color: var(--good); }
details.card > summary { margin: -.4rem 0; }
details.card[open] > summary { margin-bottom: .8rem; }
details details { margin-left: 1.1rem; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; font-variant-numeric: lining-nums tabular-nums; }
th, td { text-align: left; padding: .42rem .9rem .42rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
td, tbody th { overflow-wrap: break-word; }
thead th { font: 600 .78rem/1.4 var(--sans); letter-spacing: .04em; color: var(--quiet); vertical-align: bottom; white-space: nowrap; }
tbody th { font-weight: 500; }
tbody tr:hover { background: var(--code); }
.number { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: .2rem; }
.title { min-width: 13rem; }
.sentence { min-width: 18rem; max-width: 34rem; }
.who { min-width: 9rem; }
.sub { display: block; color: var(--quiet); font-size: .82rem; font-weight: 400; }
.scroll > table { min-width: 100%; width: max-content; }
.scroll > table td, .scroll > table th { max-width: 34rem; }
.facts { display: flex; flex-wrap: wrap; gap: .6rem 2.4rem; margin: 1.2rem 0; padding: 0; list-style: none; }
.facts b { display: block; font: 600 1.9rem/1.15 var(--serif); font-variant-numeric: lining-nums tabular-nums; }
.facts li { color: var(--quiet); font-size: .9rem; }
.names { columns: 12rem; padding-left: 1.2rem; margin: .3rem 0; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; padding: 0; margin: .8rem 0; }
.wide.full main { max-width: 100rem; }
.wide.full .top { max-width: 100rem; } .full .scroll > table { min-width: 0; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
.sides > div { min-width: 0; }
.sides h3 { margin: .6rem 0 .2rem; }
.sides pre { padding: .5rem 0 .5rem 4px; max-height: 46rem; overflow: auto; }
.ln { color: var(--quiet); user-select: none; white-space: pre; }
.base { color: var(--quiet); }
mark { color: inherit; background: color-mix(in srgb, var(--run) 22%, transparent); }
mark .ln { border-left: 4px solid var(--run); margin-left: -4px; }
.run0 { --run: var(--good-fill); } .run1 { --run: var(--bad-fill); }
.run2 { --run: var(--odd-fill); } .run3 { --run: var(--none-fill); }
figure { margin: 1rem 0; } figcaption { color: var(--quiet); font-size: .9rem; max-width: 42rem; }
svg { display: block; max-width: 100%; height: auto; }
svg.plot { width: 100%; max-width: 34rem; }
svg.bar { width: 100%; height: .7rem; border-radius: 99px; background: var(--code); }
td svg.bar { min-width: 7rem; width: 7rem; margin-top: .45rem; }
svg text { font: 11px var(--sans); fill: var(--quiet); }
.fill-good { fill: var(--good-fill); } .fill-bad { fill: var(--bad-fill); }
.fill-odd { fill: var(--odd-fill); } .fill-none { fill: var(--none-fill); }
.axis { stroke: var(--line); stroke-width: 1; }
.mean { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 3 3; }
@media print {
  :root {
    --paper: #fff; --card: #fff; --code: #f4f4f4; --ink: #000; --quiet: #444; --line: #bbb;
    --good: #0b5c8f; --bad: #a5360b; --odd: #725400; --none: #444;
    --good-fill: #2f86bd; --bad-fill: #d4622f; --odd-fill: #c9a227; --none-fill: #a8a297;
  }
  @page { margin: 16mm 14mm; }
  body { font-size: 10pt; }
  .top { padding-top: 0; }
  main, .top, .foot { max-width: none; padding-left: 0; padding-right: 0; }
  svg, .chip { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); }
  .scroll { overflow: visible; }
  .scroll > table { width: 100%; }
  .title, .sentence, .who { min-width: 0; }
  h2, h3, h4, h5, .test > header { break-after: avoid; }
  tr, figure, .verdict, .note, .cause, .versus { break-inside: avoid; }
  thead { display: table-header-group; }
  nav { display: none; }
  a { color: inherit; text-decoration: none; }
}
)css";

} // namespace grading::html
