"""A cohort's progress and answers as files: CSV, workbooks (XLSX), JSON. Written row by row, however many there are."""
