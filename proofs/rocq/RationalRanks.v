(** Ranks of rational matrices: the tests that a file computes, and what they prove. *)

From Coq Require Import List ZArith QArith Lia.
From ExactCNN Require Import Numbers Ranks Residues Networks Factors.
Import ListNotations.

Definition rational_matrix := matrix rationals.
Definition rank_from_below := rank_at_least (K := rationals) Qeq.
Definition rank_from_above := rank_at_most (K := rationals) Qeq.

(** Below, by a minor that is regular modulo m. *)
Definition minor_is_regular (F : rational_matrix) (m : Z) (rows columns : list nat) : bool :=
  (1 <? m)%Z && regular m (length rows) (map (map (residue_of_Q m)) (map (columns_of columns) (selected rows F))).

Theorem rank_by_minor (F : rational_matrix) (m : Z) (rows columns : list nat) :
  minor_is_regular F m rows columns = true -> rank_from_below F (length rows).
Proof.
  intro H. apply andb_prop in H. destruct H as [M H]. apply Z.ltb_lt in M.
  exists rows. split; [reflexivity |]. apply (independent_on_columns _ _ rationals_field columns).
  refine (independent_by_residues _ _ rationals_field m (rational_place m M) _ _ _ _ H).
  generalize (map (columns_of columns) (selected rows F)). intro l.
  induction l as [| row l IH]; constructor; [| exact IH].
  induction row as [| x row IH']; constructor; [| exact IH'].
  exact (related_of_Q rationals Qeq m (rational_place m M) x).
Qed.

(** Below, by a triangular minor: the rows and columns come in its order. *)
Fixpoint is_triangular (order : nat) (rows : rational_matrix) : bool :=
  match order, rows with
  | O, [] => true
  | S n, (a :: row) :: rest =>
      negb (Qeq_bool a 0%Q) && forallb (fun r => Nat.eqb (length r) (S (length row)) && Qeq_bool (nth O r 0%Q) 0%Q) rest &&
      is_triangular n (map (@tl Q) rest)
  | _, _ => false
  end.

Theorem rank_by_triangular_minor (F : rational_matrix) (rows columns : list nat) :
  is_triangular (length rows) (map (columns_of columns) (selected rows F)) = true -> rank_from_below F (length rows).
Proof.
  intro H. exists rows. split; [reflexivity |]. apply (independent_on_columns _ _ rationals_field columns).
  apply (triangular_independent _ _ rationals_field (length rows)).
  generalize dependent (map (columns_of (K := rationals) columns) (selected rows F)). generalize (length rows). clear.
  induction n as [| n IH]; intros [| [| a row] rest]; simpl; try discriminate; auto.
  intro H. apply andb_prop in H. destruct H as [H T]. apply andb_prop in H. destruct H as [A Z].
  rewrite forallb_forall in Z. repeat split.
  - intro E. apply negb_true_iff in A. apply Qeq_bool_iff in E. unfold zero in E. simpl in E. congruence.
  - apply Forall_forall. intros r R. apply Z in R. apply andb_prop in R. apply Nat.eqb_eq. apply R.
  - apply Forall_forall. intros r R. apply Z in R. apply andb_prop in R. apply Qeq_bool_iff. apply R.
  - apply IH. exact T.
Qed.

(** Above, by factors. *)
Theorem rank_by_factors (F : rational_matrix) (width : nat) (columns : list nat) (V : list (list Q)) (rows : list nat)
  (A : list (list Q)) : factors_are_right rationals (fun x => Qeq_bool x 0) F width columns V rows A = true ->
  rank_from_above F (length columns + length rows).
Proof.
  apply (rank_at_most_by_factors rationals Qeq rationals_field rationals eq); try congruence.
  - intros x a -> H. apply Qeq_bool_iff. exact H.
  - induction F as [| row F IH]; constructor; [| exact IH]. induction row; constructor; auto.
Qed.

Theorem rank_by_rows (F : rational_matrix) (r : nat) : Nat.eqb (length F) r = true -> rank_from_above F r.
Proof. intro H. apply Nat.eqb_eq in H. subst r. apply (rank_at_most_rows _ _ rationals_field). Qed.

Theorem rank_by_columns (F : rational_matrix) (r : nat) :
  forallb (fun row => Nat.leb (length row) r) F = true -> rank_from_above F r.
Proof.
  intro H. apply (rank_at_most_columns _ _ rationals_field). apply Forall_forall. intros row I.
  rewrite forallb_forall in H. apply Nat.leb_le. apply H. exact I.
Qed.
