# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: relocatable, found by find_package(QtPrefork CONFIG).
include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/QtPrefork)

install(TARGETS QtPrefork EXPORT QtPreforkTargets
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/QtPrefork DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT QtPreforkTargets NAMESPACE QtPrefork:: DESTINATION ${package_directory})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
    ${PROJECT_SOURCE_DIR}/SECURITY.md ${PROJECT_SOURCE_DIR}/CONTRIBUTING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
# The pages have links to the demos and to the headers, so both are found beside them.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs ${PROJECT_SOURCE_DIR}/demo DESTINATION ${CMAKE_INSTALL_DOCDIR})
file(RELATIVE_PATH headers_from_pages ${CMAKE_INSTALL_FULL_DOCDIR} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
set(link_to_headers ${PROJECT_BINARY_DIR}/link-to-headers/include)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/link-to-headers)
file(CREATE_LINK ${headers_from_pages} ${link_to_headers} SYMBOLIC)
install(FILES ${link_to_headers} DESTINATION ${CMAKE_INSTALL_DOCDIR}) # a link stays a link

if(NOT DEFINED BUILD_SHARED_LIBS)
    set(BUILD_SHARED_LIBS OFF)
endif()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/QtPreforkConfig.cmake.in
    ${PROJECT_BINARY_DIR}/QtPreforkConfig.cmake
    INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/QtPreforkConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/QtPreforkConfig.cmake ${PROJECT_BINARY_DIR}/QtPreforkConfigVersion.cmake
    DESTINATION ${package_directory})
if(TARGET prefork)
    if(BUILD_SHARED_LIBS) # the command finds the library from its own place, wherever the package has been moved
        file(RELATIVE_PATH library_from_command ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
        set_target_properties(prefork PROPERTIES INSTALL_RPATH "$ORIGIN/${library_from_command}")
    endif()
    install(TARGETS prefork RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
