// SPDX-License-Identifier: MIT
#ifndef GALLERY_WINDOW_H
#define GALLERY_WINDOW_H

#include "gallery.h"

#include <QtQuick/QQuickView>

/// The window of a gallery, which must outlive it.
class Window : public QQuickView
{
    Q_OBJECT

public:
    explicit Window(Gallery *gallery);
    ~Window() override;

    /// Saves a picture of the window. False, with a warning, if that fails.
    bool save(const QString &file);
};

#endif
