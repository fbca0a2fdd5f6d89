# drover_add_tasks(NAME source.cpp ... [LIBS target ...]): a library of tasks for Drover's workers.
#
# Its symbols stay its own: two libraries in one worker may use the same names for different things.
function(drover_add_tasks name)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  add_library(${name} MODULE ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE Drover::sdk ${arg_LIBS})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_options(${name} PRIVATE -fno-gnu-unique)
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL -Wl,--no-undefined)
  set_target_properties(${name} PROPERTIES
    PREFIX lib CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
endfunction()
