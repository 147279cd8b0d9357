Private Sub Workbook_Open()
    PointToPython
End Sub
