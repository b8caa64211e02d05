// SPDX-License-Identifier: MIT
#ifndef GALLERY_WINDOW_H
#define GALLERY_WINDOW_H

#include "common/demowindow.h"
#include "gallery.h"

/// The window of a gallery, which must outlive it.
class Window : public Demo::DemoWindow
{
    Q_OBJECT

public:
    explicit Window(Gallery *gallery);
};

#endif
