#pragma once

// The machinery of DROVER_STRUCT: applies a macro to each of up to 256 arguments. Each
// DROVER_EXPAND makes the preprocessor look at its text four times again, which is what drives the
// recursion.
#define DROVER_PARENS ()
#define DROVER_EXPAND(...) \
  DROVER_EXPAND3(DROVER_EXPAND3(DROVER_EXPAND3(DROVER_EXPAND3(__VA_ARGS__))))
#define DROVER_EXPAND3(...) \
  DROVER_EXPAND2(DROVER_EXPAND2(DROVER_EXPAND2(DROVER_EXPAND2(__VA_ARGS__))))
#define DROVER_EXPAND2(...) \
  DROVER_EXPAND1(DROVER_EXPAND1(DROVER_EXPAND1(DROVER_EXPAND1(__VA_ARGS__))))
#define DROVER_EXPAND1(...) \
  DROVER_EXPAND0(DROVER_EXPAND0(DROVER_EXPAND0(DROVER_EXPAND0(__VA_ARGS__))))
#define DROVER_EXPAND0(...) __VA_ARGS__

// DROVER_FOR_EACH(apply, context, a, b): apply(context, a) apply(context, b)
#define DROVER_FOR_EACH(apply, context, ...) \
  __VA_OPT__(DROVER_EXPAND(DROVER_FOR_EACH_STEP(apply, context, __VA_ARGS__)))
#define DROVER_FOR_EACH_STEP(apply, context, first, ...) \
  apply(context, first) __VA_OPT__(DROVER_FOR_EACH_AGAIN DROVER_PARENS(apply, context, __VA_ARGS__))
#define DROVER_FOR_EACH_AGAIN() DROVER_FOR_EACH_STEP

#define DROVER_COUNT_FIELD(Name, field) +1
#define DROVER_VISIT_FIELD(Name, field) &&visit(std::string_view(#field), &Name::field)
