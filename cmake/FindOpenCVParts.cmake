# Debian's split OpenCV packages have no CMake config (it is in libopencv-dev, which brings 200 packages):
# find_package(OpenCVParts REQUIRED COMPONENTS core imgproc dnn) makes OpenCV::<part>.
include(FindPackageHandleStandardArgs)
find_path(OpenCVParts_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
foreach(part ${OpenCVParts_FIND_COMPONENTS})
  find_library(OpenCVParts_${part}_LIBRARY opencv_${part})
  find_path(OpenCVParts_${part}_INCLUDE_DIR opencv2/${part}.hpp PATH_SUFFIXES opencv4)
  if(OpenCVParts_${part}_LIBRARY AND OpenCVParts_${part}_INCLUDE_DIR)
    set(OpenCVParts_${part}_FOUND TRUE)
    if(NOT TARGET OpenCV::${part})
      add_library(OpenCV::${part} SHARED IMPORTED)
      set_target_properties(OpenCV::${part} PROPERTIES
        IMPORTED_LOCATION ${OpenCVParts_${part}_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${OpenCVParts_INCLUDE_DIR})
    endif()
  endif()
endforeach()
find_package_handle_standard_args(OpenCVParts REQUIRED_VARS OpenCVParts_INCLUDE_DIR HANDLE_COMPONENTS)
